use std::fmt::{Display, Write as _};

/// What a family of figures is.
#[derive(Clone, Copy)]
pub enum Kind {
    /// It only grows, until the process ends.
    Counter,
    /// It is what it is now.
    Gauge,
    /// How many were at most so large.
    Histogram,
}

/// Figures as Prometheus reads them (text exposition format 0.0.4).
#[derive(Default)]
pub struct Text(String);

impl Text {
    /// Begins a family; its samples follow.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One figure.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (label, of)) in labels.iter().enumerate() {
            let before = if place == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{}\"", Escaped(of));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{end} {value}");
    }

    /// All of it.
    pub fn into_string(self) -> String {
        self.0
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' | '"' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_a_line_and_its_labels_are_escaped() {
        let mut text = Text::default();
        text.family("things_total", Kind::Counter, "How many things.");
        text.sample("things_total", &[], 3);
        text.sample("things_total", &[("a", "b\"c\\d\ne"), ("f", "g")], 0.5);
        let expected = "# HELP things_total How many things.\n# TYPE things_total counter\n\
                        things_total 3\nthings_total{a=\"b\\\"c\\\\d\\ne\",f=\"g\"} 0.5\n";
        assert_eq!(text.into_string(), expected);
    }
}
