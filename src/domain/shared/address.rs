use std::fmt;

use super::{Invalid, Text};

/// The officially assigned codes of ISO 3166-1 alpha-2 (249), and `XK`, which Kosovo uses.
const CODES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN \
    BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ \
    DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL \
    GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM \
    JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME \
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP \
    NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD \
    SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA XK ZM ZW";

/// A country by its two-letter code (ISO 3166-1 alpha-2), in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The United States, what a new shop starts with.
    pub const US: Self = Self(*b"US");

    /// Checks that the code is assigned; small letters are raised.
    pub fn try_new(raw: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("country", "must be a two-letter ISO 3166 code");
        let code: [u8; 2] = raw.as_bytes().try_into().map_err(|_| wrong())?;
        let code = code.map(|letter| letter.to_ascii_uppercase());
        let known = Self::codes().any(|known| known.as_bytes() == code);
        if known { Ok(Self(code)) } else { Err(wrong()) }
    }

    /// Every code that there is.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        CODES.split_ascii_whitespace()
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The parts of an address before they are checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressParts {
    /// Who receives.
    pub name: String,
    /// The firm, if any.
    pub company: Option<String>,
    /// Street and number.
    pub line1: String,
    /// Flat, floor, building.
    pub line2: Option<String>,
    /// Town.
    pub city: String,
    /// State or province.
    pub region: Option<String>,
    /// Postal code; empty in countries that have none.
    pub postal_code: String,
    /// ISO 3166 code.
    pub country: String,
    /// For the carrier.
    pub phone: Option<String>,
}

/// Where something is sent or billed. Its parts are checked when it is made and read through
/// [`Address::parts`].
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    parts: AddressParts,
    country: Country,
}

impl Address {
    /// Checks every part; the errors name the field, so that a form can show each at its place.
    pub fn try_new(parts: AddressParts) -> Result<Self, Vec<(&'static str, Invalid)>> {
        let mut errors = Vec::new();
        let mut clean = AddressParts::default();
        let mut line = |field: &'static str, raw: &str, needed: bool| -> String {
            if raw.trim().is_empty() && !needed {
                return String::new();
            }
            match Text::<120>::try_new("text", raw) {
                Ok(text) => text.as_str().to_owned(),
                Err(error) => {
                    errors.push((field, error));
                    String::new()
                }
            }
        };
        let some = |text: String| if text.is_empty() { None } else { Some(text) };
        clean.name = line("name", &parts.name, true);
        clean.company = some(line("company", parts.company.as_deref().unwrap_or(""), false));
        clean.line1 = line("line1", &parts.line1, true);
        clean.line2 = some(line("line2", parts.line2.as_deref().unwrap_or(""), false));
        clean.city = line("city", &parts.city, true);
        clean.region = some(line("region", parts.region.as_deref().unwrap_or(""), false));
        clean.postal_code = line("postal_code", &parts.postal_code, false);
        clean.phone = some(line("phone", parts.phone.as_deref().unwrap_or(""), false));
        match Country::try_new(&parts.country) {
            Ok(country) if errors.is_empty() => {
                clean.country = country.as_str().to_owned();
                Ok(Self { parts: clean, country })
            }
            Ok(_) => Err(errors),
            Err(error) => {
                errors.push(("country", error));
                Err(errors)
            }
        }
    }

    /// The checked parts.
    pub fn parts(&self) -> &AddressParts {
        &self.parts
    }

    /// The destination country: what tax and shipping ask.
    pub fn country(&self) -> Country {
        self.country
    }

    /// State or province, if any.
    pub fn region(&self) -> Option<&str> {
        self.parts.region.as_deref()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, ..)", self.country)
    }
}
