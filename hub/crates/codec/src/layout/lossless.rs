//! What a layout must be like so that what is read is written as the same bytes.

use super::{
    Layout,
    model::{CellFormat, Ends, Format, Framing, Header, Kind, Mark, Role, Slot},
};
use crate::{charset::Bom, yaml::Table};

/// What a lossless layout cannot have, since it could not be written again.
pub(super) fn settle(table: &Table<'_>, layout: &mut Layout) {
    if !layout.lossless {
        return;
    }
    let mut reasons = Vec::new();
    match &layout.format {
        Format::Csv(csv) => {
            let loose = [
                (csv.ends == Ends::Any, "`line_end: any`"),
                (csv.titles.lines_max() + csv.footers.lines_max() > 0, "title or footer lines"),
                (csv.header_repeats || csv.skip_blank, "repeated headers or blank lines"),
                (matches!(csv.header, Header::AnyOrder | Header::Ignored), "a free header"),
                (csv.eof_mark == Mark::Optional, "an optional end mark"),
                (csv.excel_text || csv.bare_quotes, "`excel_text` or `bare_quotes`"),
            ];
            reasons.extend(loose.into_iter().filter(|(is, _)| *is).map(|(_, why)| why));
        }
        Format::Fixed(fixed) => {
            if fixed.ends == Some(Ends::Any) {
                reasons.push("`line_end: any`");
            }
            if fixed.eof_mark == Mark::Optional {
                reasons.push("an optional end mark");
            }
            if matches!(fixed.framing, Some(Framing::Blocked { .. })) {
                reasons.push("`framing: rdw_blocked`: how records were blocked is not kept");
            }
        }
        Format::Xml(_) | Format::Xlsx(_) | Format::Edi(_) | Format::Form(_) => {}
    }
    if layout.profile.bom == Bom::Optional && !layout.profile.bom_bytes().is_empty() {
        reasons.push("`bom: optional`");
    }
    let details = layout.kinds.iter().filter(|it| matches!(it.role, Role::Detail { .. })).count();
    if details > 1 {
        reasons.push("several kinds of details, whose order among each other is not kept");
    }
    if layout.kinds.iter().any(|it| it.role == Role::Ignored) {
        reasons.push("ignored records");
    }
    let may_lack =
        |it: &Kind| !it.required && matches!(it.role, Role::File | Role::Footer | Role::Trailer);
    if layout.kinds.iter().any(may_lack) {
        reasons.push("a file, footer or trailer that may be missing");
    }
    let mut fillers = Fillers::of(layout);
    for kind in &mut layout.kinds {
        let checked: Vec<usize> = kind.checks.iter().map(|it| it.column).collect();
        let role = kind.role.clone();
        for (index, column) in kind.columns.iter_mut().enumerate() {
            if column.slot != Slot::None || column.constant.is_some() || checked.contains(&index) {
                continue;
            }
            if column.field.name.is_empty() {
                match fillers.slot(&role).filter(|_| column.is_idle()) {
                    Some(slot) => (column.slot, column.cell) = (slot, CellFormat::Bytes),
                    // A filler that nothing keeps is written empty, so it has to be.
                    None => column.constant = Some(String::new()),
                }
            } else if kind.role == Role::Trailer {
                reasons.push("columns of a trailer without a `value` or a check");
            }
        }
        if kind.codes.len() > 1 && kind.columns.iter().all(|it| it.field.name.is_empty()) {
            reasons.push("a record with several codes and no name for their column");
        }
    }
    for reason in reasons {
        table.error("L12", format!("a lossless layout cannot have {reason}"));
    }
}

/// Where the bytes of fillers of fixed records are kept: in cells behind those of the
/// fields, so that maps do not see them.
struct Fillers {
    /// The next of the record, and of the rows of each group; `None`: nowhere.
    next: Option<(usize, Vec<usize>)>,
}

impl Fillers {
    fn of(layout: &Layout) -> Self {
        let groups = layout.shape.groups.iter().map(|it| it.shape.fields.len());
        let next = (layout.shape.fields.len(), groups.collect());
        Self { next: matches!(layout.format, Format::Fixed(_)).then_some(next) }
    }

    fn slot(&mut self, role: &Role) -> Option<Slot> {
        let (head, lines) = self.next.as_mut()?;
        let (next, slot): (&mut usize, fn(usize) -> Slot) = match role {
            Role::Record | Role::Header | Role::Footer | Role::File => (head, Slot::Head),
            Role::Keyed { group, .. } | Role::Detail { group } => {
                (lines.get_mut(*group)?, Slot::Line)
            }
            Role::Trailer | Role::Ignored => return None,
        };
        *next += 1;
        Some(slot(*next - 1))
    }
}
