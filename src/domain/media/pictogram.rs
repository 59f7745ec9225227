//! Line drawings of everyday things, chosen by the words of a product's name and category.
//!
//! Each is drawn on a field of 240 by 240 and inherits outline and fill; `currentColor` is its
//! strong color.

/// The drawing for a product: what the last telling word of its title names, for that is the noun
/// ("Oak Desk Lamp"); else what the hint names; else a parcel. The title of a book tells what it is
/// about and not what it is, so there the hint decides.
pub(super) fn choose(title: &str, hint: &str) -> &'static str {
    let by_hint = words(hint).find_map(|word| find(&word));
    if by_hint == Some(BOOK) {
        return BOOK;
    }
    words(title).filter_map(|word| find(&word)).last().or(by_hint).unwrap_or(PARCEL)
}

/// Words in small letters, each in the singular as far as dropping an `s` gives it.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(|word| word.to_lowercase().trim_end_matches('s').to_owned())
}

fn find(word: &str) -> Option<&'static str> {
    DRAWINGS.iter().find(|(names, _)| names.contains(&word)).map(|(_, drawing)| *drawing)
}

/// The names, in small letters and the singular, that each drawing answers to. Each top category of
/// the demo shop is among them.
pub(super) const DRAWINGS: &[(&[&str], &str)] = &[
    (&["lamp", "lighting", "light", "pendant", "sconce"], LAMP),
    (&["lantern"], LANTERN),
    (&["candle"], CANDLE),
    (&["mug", "cup", "coffee", "tumbler"], MUG),
    (&["pan", "skillet", "wok", "casserole", "saucepan"], PAN),
    (&["kettle", "teapot"], KETTLE),
    (&["bowl", "plate", "dish"], BOWL),
    (&["kitchen", "knife", "spoon", "spatula", "grater"], UTENSILS),
    (&["home", "living", "house"], HOUSE),
    (&["chair", "stool", "furniture"], CHAIR),
    (&["table", "desk", "shelf", "riser", "bistro"], TABLE),
    (&["cushion", "pillow", "pillowcase"], CUSHION),
    (&["throw", "blanket", "duvet", "towel", "rug"], LINEN),
    (&["vase", "flower"], VASE),
    (&["clock", "calendar"], CLOCK),
    (&["pencil", "pen", "office", "writing"], PENCIL),
    (&["notebook", "sketchbook", "planner", "workbook"], NOTEBOOK),
    (&["tent", "outdoor", "camping", "tarp"], TENT),
    (&["backpack", "daypack", "tote", "basket"], BAG),
    (&["bottle", "flask", "jar"], BOTTLE),
    (&["clothing"], HANGER),
    (&["shirt", "tee", "sweater", "jacket"], SHIRT),
    (&["headphone", "earphone", "monitor"], HEADPHONES),
    (&["speaker", "radio", "recording"], SPEAKER),
    (&["plug", "charger", "cable"], PLUG),
    (&["electronic", "computer", "hub", "sensor"], CHIP),
    (&["toy", "game", "block"], BLOCKS),
    (&["puzzle", "jigsaw"], PUZZLE),
    (&["hare", "rabbit"], HARE),
    (&["garden", "plant", "seed", "tree"], PLANT),
    (&["book", "novel", "paperback"], BOOK),
];

const LAMP: &str = r#"<path d="M120 118v78" fill="none"/>
<path d="M80 28h80l40 90H40z" fill="currentColor"/><path d="M156 118v34" fill="none"/>
<path d="M74 212a46 22 0 0 1 92 0z"/>"#;

const LANTERN: &str = r#"<path d="M84 58a36 34 0 0 1 72 0M92 78a28 34 0 0 1 56 0" fill="none"/>
<path d="M80 78h80l14 110H66z"/><path d="M120 104c26 30 22 58 0 58s-26-28 0-58z"
 fill="currentColor"/><rect x="56" y="188" width="128" height="24" rx="8" fill="currentColor"/>"#;

const CANDLE: &str = r#"<path d="M120 98V78" fill="none"/>
<path d="M120 18c26 32 22 60 0 60s-26-28 0-60z" fill="currentColor"/>
<rect x="90" y="98" width="60" height="96" rx="8"/>
<path d="M48 190h144c0 16-12 24-28 24H76c-16 0-28-8-28-24z" fill="currentColor"/>"#;

const MUG: &str = r#"<path d="M164 98h14a28 28 0 0 1 0 62h-14" fill="none"/>
<path d="M48 78h116v98a32 32 0 0 1-32 32H80a32 32 0 0 1-32-32z"/>
<path d="M48 78h116v50H48z" fill="currentColor"/>
<path d="M88 52c-10-12 10-18 0-32M124 52c-10-12 10-18 0-32" fill="none"/>"#;

const PAN: &str = r#"<rect x="164" y="112" width="66" height="20" rx="10"/>
<path d="M30 108h140v50a38 38 0 0 1-38 38H68a38 38 0 0 1-38-38z" fill="currentColor"/>
<path d="M30 108a70 38 0 0 1 140 0z"/><circle cx="100" cy="60" r="10"/>"#;

const KETTLE: &str = r#"<path d="M66 112C30 22 194 22 158 112" fill="none"/>
<path d="M168 168l30-54 22-6-40 92z"/><path d="M64 108h96l22 100H42z" fill="currentColor"/>
<path d="M78 108a34 26 0 0 1 68 0z"/><circle cx="112" cy="76" r="7"/>"#;

const BOWL: &str = r#"<path d="M146 100l50-72M118 100l60-80" fill="none"/>
<path d="M28 112h184a92 86 0 0 1-58 80v18H86v-18a92 86 0 0 1-58-80z" fill="currentColor"/>
<rect x="18" y="94" width="204" height="20" rx="10"/>"#;

const UTENSILS: &str = r#"<path d="M80 104v108M152 140v72" fill="none"/>
<ellipse cx="80" cy="66" rx="28" ry="40"/>
<path d="M144 26c36 24 42 72 34 118h-34z" fill="currentColor"/>"#;

const HOUSE: &str = r#"<path d="M52 106h136v108H52z"/>
<path d="M120 28l100 84H20z" fill="currentColor"/><path d="M98 214v-58a22 22 0 0 1 44 0v58z"
 fill="currentColor"/><circle cx="120" cy="84" r="12"/>"#;

const CHAIR: &str = r#"<path d="M72 26v112M168 26v112M104 40v96M136 40v96M72 158l-12
 58M168 158l12 58" fill="none"/><rect x="64" y="26" width="112" height="26" rx="10"/>
<rect x="54" y="134" width="132" height="26" rx="10" fill="currentColor"/>"#;

const TABLE: &str = r#"<path d="M48 90v124M192 90v124" fill="none"/>
<rect x="48" y="90" width="144" height="44"/><circle cx="120" cy="112" r="5"/>
<rect x="24" y="66" width="192" height="26" rx="9" fill="currentColor"/>"#;

const CUSHION: &str = r#"<path d="M40 40c54 18 106 18 160 0c-18 54-18 106 0 160c-54-18-106-18-160
 0c18-54 18-106 0-160z" fill="currentColor"/>
<path d="M86 51c7 46 7 92 0 138M154 51c-7 46-7 92 0 138"
 fill="none"/><circle cx="120" cy="120" r="12"/>"#;

const LINEN: &str = r#"<rect x="30" y="154" width="180" height="52" rx="24" fill="currentColor"/>
<rect x="40" y="100" width="160" height="54" rx="24"/>
<rect x="34" y="46" width="172" height="54" rx="24" fill="currentColor"/>
<path d="M130 73h48M130 180h48M66 127h48" fill="none"/>"#;

const VASE: &str = r#"<path d="M116 104V70M124 104c4-20 18-34 36-40" fill="none"/>
<circle cx="112" cy="46" r="24"/><circle cx="112" cy="46" r="7" fill="currentColor"/>
<path d="M160 64c4-18 18-26 34-24 0 18-14 28-34 24z"/>
<path d="M98 104h44v22c44 26 38 88 4 88H94c-34 0-40-62 4-88z" fill="currentColor"/>"#;

const CLOCK: &str = r#"<circle cx="120" cy="120" r="96" fill="currentColor"/>
<circle cx="120" cy="120" r="70"/><path d="M120 74v46l30 20" fill="none"/>
<path d="M120 56v2M184 120h-2M120 184v-2M56 120h2" fill="none"/>"#;

const PENCIL: &str = r#"<path d="M28 212h84" fill="none"/><g transform="rotate(45 120 120)">
<path d="M94 54h52v112l-26 48-26-48z"/>
<path d="M94 66V42a16 16 0 0 1 16-16h20a16 16 0 0 1 16 16v24z"
 fill="currentColor"/><path d="M120 66v100M94 166h52" fill="none"/></g>"#;

const NOTEBOOK: &str = r#"<rect x="58" y="28" width="138" height="184" rx="12" fill="currentColor"/>
<rect x="92" y="64" width="74" height="42" rx="5"/>
<path d="M44 62h28M44 100h28M44 138h28M44 176h28" fill="none"/>"#;

const TENT: &str = r#"<path d="M106 26l14 22 14-22M8 202h224" fill="none"/>
<path d="M120 48l96 154H24z" fill="currentColor"/><path d="M120 48c4 60 18 114 44 154H76c26-40
 40-94 44-154z"/>"#;

const BAG: &str = r#"<path d="M98 46V34a22 14 0 0 1 44 0v12" fill="none"/>
<path d="M60 100a60 60 0 0 1 120 0v100a14 14 0 0 1-14 14H74a14 14 0 0 1-14-14z"
 fill="currentColor"/><path d="M60 108h120M120 108v16" fill="none"/>
<rect x="82" y="140" width="76" height="50" rx="10"/>"#;

const BOTTLE: &str = r#"<path d="M100 68h40v14c24 12 30 28 30 48v70a16 16 0 0 1-16 16H86a16 16 0 0
 1-16-16v-70c0-20 6-36 30-48z" fill="currentColor"/>
<rect x="94" y="24" width="52" height="44" rx="9"/><path d="M70 138h100v44H70z"/>"#;

const HANGER: &str = r#"<path d="M98 56a22 22 0 1 1 30 20c-6 3-8 8-8 18" fill="none"/>
<path d="M120 94l96 66c16 12 8 34-12 34H36c-20 0-28-22-12-34zM120 122l-66 46h132z"
 fill="currentColor" fill-rule="evenodd"/>"#;

const SHIRT: &str = r#"<path d="M84 32L24 70l22 52 26-12v104h96V110l26 12 22-52-60-38a36 32 0 0 1-72
 0z" fill="currentColor"/><rect x="132" y="108" width="26" height="28" rx="3"/>"#;

const HEADPHONES: &str = r#"<path d="M46 150v-28a74 78 0 0 1 148 0v28" fill="none"/>
<rect x="26" y="130" width="44" height="78" rx="18" fill="currentColor"/>
<rect x="170" y="130" width="44" height="78" rx="18" fill="currentColor"/>"#;

const SPEAKER: &str = r#"<rect x="58" y="22" width="124" height="196" rx="16"/>
<circle cx="120" cy="150" r="42" fill="currentColor"/><circle cx="120" cy="150" r="14"/>
<circle cx="120" cy="70" r="20" fill="currentColor"/>"#;

const PLUG: &str = r#"<path d="M98 92V42M142 92V42M120 176v12c0 36 64 36 64 4" fill="none"/>
<path d="M70 92h100v38a50 46 0 0 1-100 0z" fill="currentColor"/>"#;

const CHIP: &str = r#"<path d="M92 68V36M120 68V36M148 68V36M92 204v-32M120 204v-32M148 204v-32M68
 92H36M68 120H36M68 148H36M204 92h-32M204 120h-32M204 148h-32" fill="none"/>
<rect x="64" y="64" width="112" height="112" rx="14" fill="currentColor"/>
<rect x="96" y="96" width="48" height="48" rx="7"/>"#;

const BLOCKS: &str = r#"<path d="M120 26l52 94H68z"/>
<rect x="30" y="122" width="88" height="88" rx="9" fill="currentColor"/>
<rect x="122" y="122" width="88" height="88" rx="9"/>
<circle cx="166" cy="166" r="22" fill="currentColor"/>"#;

const PUZZLE: &str = r#"<path d="M44 84h46c-18-50 68-50 50 0h44v46c48-18 48 66 0 48v34H44z"
 fill="currentColor"/>"#;

const HARE: &str = r#"<ellipse cx="88" cy="62" rx="20" ry="50"/>
<ellipse cx="152" cy="62" rx="20" ry="50"/><circle cx="120" cy="150" r="68" fill="currentColor"/>
<ellipse cx="120" cy="174" rx="30" ry="22"/>
<path d="M120 166v8M96 138v4M144 138v4" fill="none"/>"#;

const PLANT: &str = r#"<path d="M120 142V88" fill="none"/>
<path d="M120 112c-54 4-72-30-72-62 44-6 72 18 72 62z"/>
<path d="M120 90c0-40 24-62 70-58 2 38-22 62-70 58z"/>
<path d="M66 142h108l-16 72H82z" fill="currentColor"/>"#;

pub(super) const BOOK: &str = r#"<path d="M120 62C94 42 56 38 22 44v148c34-6 72-2 98 18z"/>
<path d="M120 62c26-20 64-24 98-18v148c-34-6-72-2-98 18z" fill="currentColor"/>
<path d="M48 84c16 0 30 2 44 8M48 116c16 0 30 2 44 8M48 148c16 0 30 2 44 8" fill="none"/>"#;

pub(super) const PARCEL: &str = r#"<path d="M32 82l88-46 88 46v80l-88 48-88-48z"
 fill="currentColor"/><path d="M32 82l88 46 88-46-88-46z"/>
<path d="M120 128v82M76 59l88 46v28" fill="none"/>"#;
