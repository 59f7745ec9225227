//! What is well-formed and allowed, and hardly meant.

use super::Settings;

impl Settings {
    /// What its owner should know before the shop serves, each with what to do.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.http.behind_tls && self.http.trusted_proxies == 0 && self.limits.is_some() {
            warnings.push(
                "ECICOMM__HTTP__BEHIND_TLS says that something before the server ends TLS, and \
                 ECICOMM__HTTP__TRUSTED_PROXIES is 0: all clients count as the one address that it \
                 asks from, and share one quota; set it to how many proxies there are, or \
                 ECICOMM__LIMITS__RATE to 0",
            );
        }
        if self.database.is_some() && self.payment.sandbox_url.is_none() {
            warnings.push(
                "payments are made by a sandbox inside this process, which forgets them when it ends \
                 and which no other process asks: what was paid here can then be neither confirmed nor \
                 paid back; start `ecicomm sandbox` once for all of them and set \
                 ECICOMM__PAYMENT__SANDBOX_URL to where it listens",
            );
        }
        warnings
    }
}
