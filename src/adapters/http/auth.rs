//! Signing in.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::{EmailIn, Line};
use super::json::Json;
use super::problem::Problem;
use super::{State, respond};

type PasswordIn = Line<256>;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Credentials)]
pub struct CredentialsInput {
    email: EmailIn,
    password: PasswordIn,
}

/// What comes of it.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub struct SignedInBody<'a> {
    /// What to send as `Authorization: Bearer` from now on.
    access_token: &'a str,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    #[schema(example = "administrator")]
    role: &'static str,
}

/// Sign in
///
/// An unknown address and a wrong password are one answer.
#[utoipa::path(
    tag = "auth", security(()),
    responses(
        (status = 200, description = "A token.", body = SignedInBody),
        (status = 401, description = "E-mail or password is wrong."),
    ),
)]
#[post("/auth/login")]
pub async fn sign_in(
    state: Data<State>,
    body: Json<CredentialsInput>,
) -> Result<HttpResponse, Problem> {
    let CredentialsInput { email, password } = body.value;
    let signed = state.shop.staff.sign_in(email.0.as_str(), &password.0).await?;
    respond::ok(&SignedInBody {
        access_token: &signed.access_token,
        token_type: "Bearer",
        expires_in: signed.expires_in_seconds,
        role: signed.role.as_str(),
    })
}

/// What anyone does.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(sign_in);
}
