/// A part of a product that a word can be found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Its title.
    Name,
    /// Its brand.
    Brand,
    /// The names of its categories.
    Category,
    /// What is told about it.
    Description,
    /// Short values of its attributes, and its tags.
    Attribute,
    /// The words of its SKUs.
    Code,
    /// Neighbouring words of title, categories and SKUs written as one, so that `1tb` finds `1 TB`,
    /// `wifi` finds `Wi-Fi`, and words that stand together count for more.
    Joined,
}

impl Field {
    /// How many fields there are.
    pub const COUNT: usize = 7;

    /// All fields, in the order of [`Self::index`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Name,
        Self::Brand,
        Self::Category,
        Self::Description,
        Self::Attribute,
        Self::Code,
        Self::Joined,
    ];

    /// Its place in [`Self::ALL`].
    pub const fn index(self) -> usize {
        match self {
            Self::Name => 0,
            Self::Brand => 1,
            Self::Category => 2,
            Self::Description => 3,
            Self::Attribute => 4,
            Self::Code => 5,
            Self::Joined => 6,
        }
    }

    /// A stable name for an index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Brand => "brand",
            Self::Category => "category",
            Self::Description => "description",
            Self::Attribute => "attribute",
            Self::Code => "code",
            Self::Joined => "joined",
        }
    }

    /// What a word found in this field counts, beside one found in the title. A word counts where
    /// it counts most: fields complete each other, and a product that says the same thing in
    /// many places is not a better match for it.
    pub const fn weight(self) -> f32 {
        match self {
            Self::Name | Self::Brand | Self::Description | Self::Code => 1.0,
            Self::Category => 0.8,
            Self::Joined => 0.5,
            Self::Attribute => 0.2,
        }
    }
}
