//! The language a person reads a problem in.

/// The language a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 日本語.
    Japanese,
}

impl Language {
    /// The first of `Accept-Language` that we speak.
    #[must_use]
    pub fn from_header(accept: Option<&str>) -> Self {
        let first_known = accept.into_iter().flat_map(|it| it.split(',')).find_map(|range| {
            let tag = range.split(';').next()?.trim().to_ascii_lowercase();
            match tag.split('-').next()? {
                "ja" => Some(Self::Japanese),
                "en" => Some(Self::English),
                _ => None,
            }
        });
        first_known.unwrap_or_default()
    }
}
