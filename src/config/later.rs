//! Sections that this version accepts and does not use: read by shape, so that a typing error in
//! them is found today and not by the version that uses them.

use super::settings::Kind;
use super::settings::SECTIONS;
use super::settings::Section;
use super::settings::Setting;
use super::table::Table;

/// Checks every such section that is there, and warns about it.
pub(super) fn check(root: Table<'_>) {
    for section in SECTIONS.into_iter().filter(|section| !section.is_used) {
        if !root.has(section.name) {
            continue;
        }
        let message = format!("`{}` is accepted and not used by this version", section.head());
        root.warn(section.name, message, None);
        let tables = match section.is_many {
            true => root.tables(section.name),
            false => root.table(section.name).into_iter().collect(),
        };
        for table in &tables {
            check_table(table, section);
        }
    }
}

fn check_table(table: &Table<'_>, section: &Section) {
    for setting in section.settings {
        if setting.is_required && !table.has(setting.key) {
            table.fault_at(table.place(), format!("`{}` is missing", setting.key), None);
        }
        check_setting(table, setting);
    }
    if !section.is_open {
        table.finish(&section.keys());
    }
}

/// The value itself is of no interest here, only what the table notes about it.
fn check_setting(table: &Table<'_>, setting: &Setting) {
    let key = setting.key;
    match setting.kind {
        Kind::Text | Kind::Secret | Kind::Word(_) => drop(table.text(key)),
        Kind::Texts | Kind::Words(_) => drop(table.texts(key)),
        Kind::Numbers => drop(table.numbers(key)),
        Kind::Duration => drop(table.duration(key)),
        Kind::Size => drop(table.size(key)),
        Kind::Integer(least, most) => drop(table.integer(key, least..=most)),
        Kind::Boolean => drop(table.boolean(key)),
        Kind::Secrets => drop(table.table(key)),
        Kind::Tables => drop(table.tables(key)),
    }
}
