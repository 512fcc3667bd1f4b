//! Workbooks for tests: the parts that a spreadsheet writes, and no more.

use crate::compressed::packing::zip;

/// A workbook under construction.
#[derive(Default)]
pub(super) struct Book {
    /// Name, state, and the XML inside `worksheet`.
    pub(super) sheets: Vec<(&'static str, &'static str, String)>,
    /// The `si` elements.
    pub(super) shared: &'static str,
    /// Codes of the number formats of style 1, 2 …; style 0 is General.
    pub(super) formats: Vec<&'static str>,
    pub(super) from_1904: bool,
    /// Parts that stand in place of those made here, or beside them.
    pub(super) others: Vec<(&'static str, String)>,
}

const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

impl Book {
    /// A workbook with one sheet called 売上, of these rows.
    pub(super) fn of(rows: &str) -> Self {
        let xml = format!("<sheetData>{rows}</sheetData>");
        Self { sheets: vec![("売上", "visible", xml)], ..Self::default() }
    }

    /// The same with something behind the rows.
    pub(super) fn with(mut self, behind: &str) -> Self {
        if let Some((_, _, xml)) = self.sheets.last_mut() {
            xml.push_str(behind);
        }
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let (mut sheets, mut links, mut parts) = (String::new(), String::new(), Vec::new());
        for (at, (name, state, xml)) in (1..).zip(&self.sheets) {
            sheets +=
                &format!("<sheet name='{name}' sheetId='{at}' state='{state}' r:id='rId{at}'/>");
            links += &format!(
                "<Relationship Id='rId{at}' Type='{LINKS}/worksheet' Target='worksheets/sheet{at}.xml'/>"
            );
            let name = format!("xl/worksheets/sheet{at}.xml");
            parts.push((name, format!("<worksheet xmlns='{MAIN}'>{xml}</worksheet>")));
        }
        links += &format!(
            "<Relationship Id='s' Type='{LINKS}/styles' Target='/xl/styles.xml'/>\
             <Relationship Id='t' Type='{LINKS}/sharedStrings' Target='../xl/sharedStrings.xml'/>"
        );
        let (mut codes, mut styles) = (String::new(), "<xf numFmtId='0'/>".to_owned());
        for (id, code) in (164..).zip(&self.formats) {
            codes += &format!("<numFmt numFmtId='{id}' formatCode='{code}'/>");
            styles += &format!("<xf numFmtId='{id}'/>");
        }
        let epoch = u8::from(self.from_1904);
        let root = format!(
            "<Relationships xmlns='{PACKAGE}'><Relationship Id='r' Type='{LINKS}/officeDocument' \
             Target='xl/workbook.xml'/></Relationships>"
        );
        let rest = [
            ("_rels/.rels", root),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns='{MAIN}' xmlns:r='{LINKS}'><workbookPr date1904='{epoch}'/>\
                     <sheets>{sheets}</sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!("<Relationships xmlns='{PACKAGE}'>{links}</Relationships>"),
            ),
            (
                "xl/styles.xml",
                format!(
                    "<styleSheet xmlns='{MAIN}'><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>"
                ),
            ),
            ("xl/sharedStrings.xml", format!("<sst xmlns='{MAIN}'>{}</sst>", self.shared)),
        ];
        parts.extend(rest.map(|(name, text)| (name.to_owned(), text)));
        for (name, text) in &self.others {
            parts.retain(|(it, _)| it != name);
            parts.push(((*name).to_owned(), text.clone()));
        }
        let files: Vec<(&[u8], u16, &[u8])> =
            parts.iter().map(|(name, text)| (name.as_bytes(), 0, text.as_bytes())).collect();
        zip(&files)
    }
}

/// A row of cells that have texts of their own; `-` leaves a cell out.
pub(super) fn texts(number: u32, cells: &[&str]) -> String {
    let mut out = format!("<row r='{number}'>");
    for (letter, text) in ('A'..).zip(cells).filter(|(_, it)| **it != "-") {
        out += &format!("<c r='{letter}{number}' t='inlineStr'><is><t>{text}</t></is></c>");
    }
    out + "</row>"
}

/// A row of cells as they are written: attributes and content.
pub(super) fn cells(number: u32, cells: &[(&str, &str)]) -> String {
    let mut out = format!("<row r='{number}'>");
    for (letter, (attributes, inner)) in ('A'..).zip(cells) {
        out += &format!("<c r='{letter}{number}' {attributes}>{inner}</c>");
    }
    out + "</row>"
}
