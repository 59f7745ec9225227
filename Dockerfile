# syntax=docker/dockerfile:1
# The shop as one binary on a base without a shell.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release
# The folder must be the user's before a volume is mounted over it.
RUN mkdir -p /empty/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/ecicomm /usr/local/bin/ecicomm
COPY --from=build --chown=nonroot:nonroot /empty/data /data
USER nonroot
# A shop in Postgres sets ECICOMM__DATA to nothing beside its DATABASE_URL.
ENV ECICOMM__HTTP__BIND=0.0.0.0:8080 \
    ECICOMM__DATA=/data \
    ECICOMM__HTTP__DRAIN_SECONDS=5 \
    ECICOMM__LOG__FORMAT=json
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --retries=3 CMD ["/usr/local/bin/ecicomm", "health"]
ENTRYPOINT ["/usr/local/bin/ecicomm"]
CMD ["serve"]
