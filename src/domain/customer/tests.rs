use super::*;

fn faults(raw: &str) -> Vec<PasswordFault> {
    Password::try_new(raw).err().unwrap_or_default()
}

#[test]
fn a_password_of_every_kind_of_character_is_taken() {
    assert_eq!(Password::try_new("Tr1cky!pw").unwrap().expose(), "Tr1cky!pw");
}

#[test]
fn eight_characters_are_enough_and_seven_are_not() {
    assert_eq!(faults("Abcde1!f"), []);
    assert_eq!(faults("Abcd1!f"), [PasswordFault::Length]);
}

#[test]
fn thirty_characters_are_taken_and_thirty_one_are_not() {
    let thirty = format!("A1!{}", "b".repeat(27));
    assert_eq!(faults(&thirty), []);
    assert_eq!(faults(&format!("{thirty}b")), [PasswordFault::Length]);
}

#[test]
fn characters_are_counted_and_not_bytes() {
    let thirty = format!("A1!{}", "é".repeat(27));
    assert_eq!(faults(&thirty), []);
    assert_eq!(faults("Aé1!é"), [PasswordFault::Length]);
}

#[test]
fn each_kind_of_character_is_asked_for_by_its_own_rule() {
    assert_eq!(faults("tr1cky!pw"), [PasswordFault::NoUpper]);
    assert_eq!(faults("TR1CKY!PW"), [PasswordFault::NoLower]);
    assert_eq!(faults("Tricky!pw"), [PasswordFault::NoDigit]);
    assert_eq!(faults("Tr1ckyypw"), [PasswordFault::NoSpecial]);
}

#[test]
fn white_space_is_refused_wherever_it_stands_and_is_no_special_character() {
    for raw in [" Tr1cky!pw", "Tr1cky!pw ", "Tr1cky! pw", "Tr1cky!\tpw", "Tr1cky!\u{a0}pw"] {
        assert_eq!(faults(raw), [PasswordFault::WhiteSpace], "{raw:?}");
    }
    assert_eq!(faults("Tr1cky pw"), [PasswordFault::NoSpecial, PasswordFault::WhiteSpace]);
}

#[test]
fn an_empty_password_breaks_every_rule_but_that_on_white_space() {
    let all = faults("");
    assert_eq!(all.len(), 5);
    assert!(!all.contains(&PasswordFault::WhiteSpace));
}

#[test]
fn a_password_is_not_shown_by_debug() {
    assert_eq!(format!("{:?}", Password::try_new("Tr1cky!pw").unwrap()), "Password(..)");
}
