use std::net::IpAddr;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderValue, X_FORWARDED_FOR};

/// Who asks: the address that the connection comes from or, behind `proxies` that are believed, the
/// one that the outermost of them was asked from. Whatever else `X-Forwarded-For` says, the client
/// may have made up.
///
/// As a number: of IPv6 the network of 64 bits, all of which one client may have; IPv4 mapped into it.
pub fn of(request: &ServiceRequest, proxies: usize) -> u128 {
    let peer = || request.peer_addr().map(|address| address.ip());
    let told = if proxies == 0 { None } else { forwarded(request.headers(), proxies) };
    told.or_else(peer).map_or(0, number)
}

/// The entry so many places from the end, over all header lines. None where there are fewer, or it is
/// no address.
fn forwarded(headers: &HeaderMap, place: usize) -> Option<IpAddr> {
    // What a client sent may be no text, which must not hide what the proxies wrote behind it.
    let lines = || headers.get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes);
    let entries = || lines().flat_map(|line| line.split(|byte| *byte == b','));
    let index = entries().count().checked_sub(place)?;
    parse(std::str::from_utf8(entries().nth(index)?).ok()?.trim())
}

/// An address, which some proxies tell with its port.
fn parse(entry: &str) -> Option<IpAddr> {
    if let Ok(address) = entry.parse() {
        return Some(address);
    }
    if let Some(bracketed) = entry.strip_prefix('[') {
        return bracketed.split_once(']')?.0.parse().ok();
    }
    entry.rsplit_once(':')?.0.parse().ok()
}

fn number(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & (u128::MAX << 64),
    }
}

#[cfg(test)]
mod tests;
