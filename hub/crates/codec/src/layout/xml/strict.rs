//! The grammar of XML 1.0 (fifth edition) and of its namespaces where the reader
//! of events is lax: names, tags, references, declarations.

use super::is_space;

/// Production 2: what may stand in a document at all.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Production 4.
fn is_start(c: char) -> bool {
    matches!(
        c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}'
    )
}

/// Production 4a.
fn is_part(c: char) -> bool {
    let more = matches!(
        c,
        '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'
    );
    more || is_start(c)
}

/// A name without a prefix.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(is_start) && text.chars().all(is_part)
}

/// A name, perhaps with one prefix.
fn is_prefixed(text: &str) -> bool {
    let (prefix, local) = text.split_once(':').unwrap_or(("a", text));
    is_name(prefix) && is_name(local)
}

/// The name and the attributes, with their values as written, of what stands
/// between `<` and `>`. The error is what is wrong with it.
pub(super) fn tag<'t>(
    text: &'t str,
    attributes: &mut Vec<(&'t str, &'t str)>,
) -> Result<&'t str, &'static str> {
    let (name, mut rest) = text.split_at(text.find(is_space).unwrap_or(text.len()));
    if !is_prefixed(name) {
        return Err("a name that XML does not have");
    }
    loop {
        let inner = rest.trim_start_matches(is_space);
        if inner.is_empty() {
            return Ok(name);
        }
        if inner.len() == rest.len() {
            return Err("no space between two attributes");
        }
        let (key, after) = inner.split_once('=').ok_or("an attribute without a value")?;
        let key = key.trim_end_matches(is_space);
        if !is_prefixed(key) {
            return Err("an attribute's name that XML does not have");
        }
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|it| matches!(it, '"' | '\''));
        let quote = quote.ok_or("an attribute's value without quotes")?;
        let inside = after.get(1..).unwrap_or_default();
        let (value, after) = inside.split_once(quote).ok_or("an attribute that does not end")?;
        attributes.push((key, value));
        rest = after;
    }
}

/// The text of an attribute's value, normalised (section 3.3.3).
pub(super) fn attribute(value: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['<', '&', '\t', '\n', '\r']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        if special.starts_with('<') {
            return Err("`<` in an attribute");
        }
        if let Some(inside) = special.strip_prefix('&') {
            let (name, after) = inside.split_once(';').ok_or("`&` without `;`")?;
            out.push(reference(name).ok_or("an entity that XML itself does not have")?);
            rest = after;
            continue;
        }
        out.push(' ');
        rest = special.strip_prefix("\r\n").or_else(|| special.get(1..)).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands for `&name;`: one of the five, or a character by its number.
pub(in crate::layout) fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |it| (it, 16));
        let short = digits.trim_start_matches('0');
        let good =
            !digits.is_empty() && short.len() <= 7 && digits.chars().all(|it| it.is_digit(radix));
        let code = good.then(|| u32::from_str_radix(digits, radix).ok()).flatten()?;
        return char::from_u32(code).filter(|it| is_char(*it));
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

/// What a document says of itself (production 23), from `<?xml` to `?>`. Gives
/// the name of the encoding, if it says one.
pub(super) fn declaration(text: &str) -> Result<Option<&str>, &'static str> {
    let inside = text.strip_prefix("<?xml").and_then(|it| it.strip_suffix("?>"));
    let inside = inside.ok_or("a declaration that does not end")?;
    let mut parts = Vec::new();
    tag_of_declaration(inside, &mut parts)?;
    let mut parts = parts.into_iter().peekable();
    let version = parts.next().filter(|(key, _)| *key == "version");
    let digits = version.and_then(|(_, it)| it.strip_prefix("1."));
    if !digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit())) {
        return Err("a declaration without version 1");
    }
    let encoding = parts.next_if(|(key, _)| *key == "encoding").map(|(_, it)| it);
    let named = |it: &str| {
        it.starts_with(|c: char| c.is_ascii_alphabetic())
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it))
    };
    if encoding.is_some_and(|it| !named(it)) {
        return Err("an encoding that is no name");
    }
    let alone = parts.next_if(|(key, _)| *key == "standalone").map(|(_, it)| it);
    if alone.is_some_and(|it| it != "yes" && it != "no") || parts.next().is_some() {
        return Err("a declaration that says more than XML has");
    }
    Ok(encoding)
}

fn tag_of_declaration<'t>(
    inside: &'t str,
    parts: &mut Vec<(&'t str, &'t str)>,
) -> Result<(), &'static str> {
    let mut rest = inside;
    while !rest.trim_start_matches(is_space).is_empty() {
        let inner = rest.trim_start_matches(is_space);
        let (key, after) = inner.split_once('=').ok_or("a declaration that cannot be read")?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|it| matches!(it, '"' | '\''));
        let value = quote.and_then(|it| after.get(1..)?.split_once(it));
        let (value, after) = value.ok_or("a declaration that cannot be read")?;
        if inner.len() == rest.len() {
            return Err("a declaration that cannot be read");
        }
        parts.push((key.trim_end_matches(is_space), value));
        rest = after;
    }
    Ok(())
}

/// Whether `<?target …?>` is an instruction to be passed over (production 16).
pub(super) fn is_instruction(text: &str) -> bool {
    let inside = text.strip_prefix("<?").and_then(|it| it.strip_suffix("?>")).unwrap_or_default();
    let target = inside.split(is_space).next().unwrap_or_default();
    is_name(target) && !target.eq_ignore_ascii_case("xml")
}

/// Whether `<!-- … -->` is a comment (production 15).
pub(super) fn is_comment(text: &str) -> bool {
    let inside = text.strip_prefix("<!--").and_then(|it| it.strip_suffix("-->"));
    inside.is_some_and(|it| !it.contains("--") && !it.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_the_grammar_has_them() {
        let told = |text| {
            let mut found = Vec::new();
            tag(text, &mut found).map(|name| (name, found))
        };
        assert_eq!(told("p:a b = '1'\n c=\">\" "), Ok(("p:a", vec![("b", "1"), ("c", ">")])));
        for bad in
            ["", "1a", "a:b:c", ":a", "a b", "a b=1", "a b='1'c='2'", "a b='1", "a =''", "a b=c'"]
        {
            assert!(told(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn references_are_the_five_and_characters() {
        assert_eq!(attribute("a&amp;\r\n&#x9;&#65;\tb").as_deref(), Ok("a& \tA b"));
        for bad in
            ["&nbsp;", "&#0;", "&#xD800;", "&#xFFFE;", "&#;", "&#x;", "&#+5;", "&#X41;", "&a", "<"]
        {
            assert!(attribute(bad).is_err(), "{bad}");
        }
        assert_eq!(reference("#00000000000065"), Some('A'));
    }

    #[test]
    fn declarations_are_in_their_order() {
        let told = |it: &'static str| declaration(it);
        assert_eq!(
            told("<?xml version='1.0' encoding=\"EUC-JP\" standalone='no' ?>"),
            Ok(Some("EUC-JP"))
        );
        assert_eq!(told("<?xml version='1.1'?>"), Ok(None));
        for bad in [
            "<?xml?>",
            "<?xml encoding='a' version='1.0'?>",
            "<?xml version='2.0'?>",
            "<?xml version='1.0'encoding='a'?>",
            "<?xml version='1.0' encoding=''?>",
            "<?xml version='1.0' standalone='maybe'?>",
        ] {
            assert!(told(bad).is_err(), "{bad}");
        }
        assert!(
            is_comment("<!-- a-b -->")
                && !is_comment("<!-- a -- b -->")
                && !is_comment("<!--a--->")
        );
        assert!(
            is_instruction("<?a b?>") && !is_instruction("<?XML b?>") && !is_instruction("<? a?>")
        );
    }
}
