//! A product's stand-in picture: a square card with a drawing and the product's name, as SVG.
//!
//! The same title and hint give the same bytes on every machine and in every release that does not
//! mean to change the look, so a card may be cached for good. The card must never hold a script, a
//! reference to anything outside itself, or a character of the title that was not escaped.

use std::mem;

use super::pictogram;

/// How wide a line of the caption may be, in Latin letters.
const LINE_WIDTH: usize = 28;
/// How many lines the caption may have.
const LINES: usize = 2;

/// The colors of one card.
#[derive(Clone, Copy)]
struct Palette {
    /// Behind everything.
    ground: &'static str,
    /// The large shape on the ground.
    shade: &'static str,
    /// The strong color in the drawing.
    accent: &'static str,
    /// Outlines and letters; at least 7:1 against `paper`.
    ink: &'static str,
    /// The light color in the drawing and under the letters.
    paper: &'static str,
}

impl Palette {
    const fn new(colors: [&'static str; 5]) -> Self {
        let [ground, shade, accent, ink, paper] = colors;
        Self { ground, shade, accent, ink, paper }
    }
}

const PALETTES: [Palette; 10] = [
    Palette::new(["#f3e9dc", "#e4cdb0", "#c8553d", "#3b2b26", "#fffaf2"]),
    Palette::new(["#e1ebe2", "#b9d1bd", "#3f7d5b", "#1f3a2e", "#fbfdf8"]),
    Palette::new(["#e2eaf3", "#b7cce3", "#2f6690", "#16324f", "#fafcff"]),
    Palette::new(["#f8e2d8", "#eebfa8", "#d1495b", "#472a2a", "#fffaf7"]),
    Palette::new(["#faecc6", "#f1d084", "#d98e04", "#4b3621", "#fffdf5"]),
    Palette::new(["#ebe3f0", "#cdbbde", "#7b4f9d", "#33224a", "#fdfaff"]),
    Palette::new(["#dcefec", "#a4d3cd", "#1f8a85", "#12403f", "#f7fffe"]),
    Palette::new(["#f5e2e5", "#e3b5bf", "#b23a5b", "#4a1c2b", "#fff9fa"]),
    Palette::new(["#e9e7de", "#cdc8b4", "#8a8047", "#33301f", "#fdfcf6"]),
    Palette::new(["#dde6e9", "#aec3ca", "#e07a5f", "#24404a", "#fbfeff"]),
];

/// Large quiet shapes behind the drawing, 800 wide and 640 high. They take the palette's shade, and
/// its paper where they ask for `currentColor`.
const SCENES: [&str; 8] = [
    r#"<circle cx="400" cy="330" r="262"/>"#,
    r#"<path d="M150 640V320a250 250 0 0 1 500 0v320z"/>"#,
    r#"<path d="M0 620L800 150v490H0z"/><circle cx="650" cy="130" r="58" fill="currentColor"/>"#,
    r#"<path d="M0 0h340a340 340 0 0 1-340 340zM800 640H460a340 340 0 0 1 340-340z"/>"#,
    r#"<circle cx="610" cy="160" r="92" fill="currentColor"/>
<path d="M0 450c140-100 260-100 400 0s260 100 400 0v190H0z"/>"#,
    r#"<rect x="50" y="250" width="150" height="450" rx="75"/>
<rect x="233" y="90" width="150" height="600" rx="75"/>
<rect x="416" y="170" width="150" height="520" rx="75"/>
<rect x="600" y="60" width="150" height="640" rx="75"/>"#,
    r#"<rect x="205" y="125" width="390" height="390" rx="44" transform="rotate(45 400 320)"/>"#,
    r#"<circle cx="400" cy="330" r="292"/><circle cx="400" cy="330" r="222" fill="currentColor"
 fill-opacity=".55"/>"#,
];

/// Draws the card of a product: 800 by 800 units, less than 4,000 bytes, and well-formed XML
/// whatever the texts hold.
///
/// `title` is written below the drawing, cut to two lines, and chooses the colors and the scene;
/// with `hint`, the name or slug of a category, it also chooses the drawing. Either may be empty.
pub fn svg(title: &str, hint: &str) -> String {
    let [for_palette, for_scene, ..] = fnv1a(title).to_be_bytes();
    let Palette { ground, shade, accent, ink, paper } = pick(PALETTES, for_palette);
    let scene = pick(SCENES, for_scene);
    let drawing = pictogram::choose(title, hint);
    let lines = wrap(title);
    let label = escape(&lines.join(" "));
    let caption = caption(&lines);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" viewBox="0 0 800 800"
 role="img" aria-label="{label}">
<rect width="800" height="800" fill="{ground}"/>
<g fill="{shade}" color="{paper}">{scene}</g>
<g transform="translate(196 118) scale(1.7)" fill="{paper}" color="{accent}" stroke="{ink}"
 stroke-width="7" stroke-linecap="round" stroke-linejoin="round">{drawing}</g>
<rect y="640" width="800" height="160" fill="{paper}"/>
<g fill="{ink}" font-family="system-ui,'Segoe UI',Helvetica,Arial,sans-serif" font-size="40"
 font-weight="600" text-anchor="middle">{caption}</g>
</svg>
"#
    )
}

/// FNV-1a with 64 bits: the hash of Fowler, Noll and Vo. The standard library's own hashers promise
/// no value from one release to the next, and a card must keep its look.
pub(super) fn fnv1a(text: &str) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    text.bytes().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// One of `choices`. The remainder keeps the index inside.
fn pick<T: Copy, const N: usize>(choices: [T; N], byte: u8) -> T {
    const { assert!(N > 0) };
    choices[usize::from(byte) % N]
}

fn caption(lines: &[String]) -> String {
    let first_baseline = if lines.len() > 1 { 710 } else { 734 };
    let texts = lines
        .iter()
        .zip((first_baseline..).step_by(50))
        .map(|(line, baseline)| format!(r#"<text x="400" y="{baseline}">{}</text>"#, escape(line)));
    texts.collect::<Vec<_>>().concat()
}

/// Breaks the title at spaces. A word wider than a line, and what is left after the last line, are
/// cut off and shown as an ellipsis.
fn wrap(title: &str) -> Vec<String> {
    let words = title
        .split_whitespace()
        .map(|word| word.chars().filter(|c| is_printable(*c)).collect::<String>())
        .filter(|word| !word.is_empty());
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words {
        let fits = width(&line) + 1 + width(&word) <= LINE_WIDTH;
        if fits && !line.is_empty() {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(mem::take(&mut line));
        }
        if lines.len() == LINES {
            return clip(lines, true);
        }
        line.push_str(&word);
    }
    lines.extend(Some(line).filter(|line| !line.is_empty()));
    clip(lines, false)
}

/// Cuts each line that is too wide, and the last one also where `more` was to follow it.
fn clip(mut lines: Vec<String>, more: bool) -> Vec<String> {
    let count = lines.len();
    for (number, line) in (1..).zip(&mut lines) {
        if width(line) <= LINE_WIDTH && !(more && number == count) {
            continue;
        }
        while width(line) >= LINE_WIDTH {
            line.pop();
        }
        line.truncate(line.trim_end_matches([' ', ',', ':']).len());
        line.push('…');
    }
    lines
}

/// How wide the text is drawn, in Latin letters; those of East Asia count twice.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum()
}

/// Whether XML 1.0 allows the character in text and it shows.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
