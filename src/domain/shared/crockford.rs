//! Crockford's base 32: no I, L, O or U, so that it can be read out.

/// The digits, in the order of their values.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The ten characters that the lowest 50 of `bits` spell, lowest first.
pub fn digits(bits: u64) -> [u8; 10] {
    let mut digits = [0_u8; 10];
    for (index, digit) in digits.iter_mut().enumerate() {
        let position = usize::try_from((bits >> (index * 5)) & 31).unwrap_or(0);
        *digit = ALPHABET[position];
    }
    digits
}
