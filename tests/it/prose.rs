//! The pages for people: each is there in both languages and says as much in both, links lead
//! somewhere, and Chinese is punctuated as Chinese.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// The pages that are there in one language only, for those who work on the code.
const ENGLISH: &[&str] = &["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"];

#[test]
fn every_page_is_there_in_both_languages_and_they_lead_to_each_other() {
    for page in pages() {
        let Some(twin) = twin(&page) else { continue };
        let file = Path::new(&twin).file_name().expect("a page has a name").to_str().unwrap();
        let top: Vec<String> = read(&page).lines().take(10).map(str::to_owned).collect();
        assert!(top.iter().any(|line| line.ends_with(&format!("]({file})"))), "{page}: no {file}");
    }
}

#[test]
fn both_languages_have_the_same_sections_examples_and_tables() {
    for page in pages().into_iter().filter(|page| !page.ends_with(".zh-CN.md")) {
        let Some(twin) = twin(&page) else { continue };
        assert_eq!(shape(&read(&page)), shape(&read(&twin)), "{page}, {twin}");
    }
}

#[test]
fn every_link_leads_to_a_file_and_to_a_section_of_it() {
    for page in pages() {
        let text = read(&page);
        for link in links(&text) {
            let (file, section) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => root().join(&page),
                file => root().join(&page).with_file_name("").join(file),
            };
            assert!(target.exists(), "{page} links to `{link}`");
            if !section.is_empty() {
                let there = sections(&fs::read_to_string(target).unwrap());
                assert!(there.contains(section), "{page} links to `{link}`; there are {there:?}");
            }
        }
    }
}

#[test]
fn every_page_is_linked_from_the_readme_of_its_language() {
    for page in pages().iter().filter(|page| page.starts_with("docs/")) {
        let readme = match page.ends_with(".zh-CN.md") {
            true => "README.zh-CN.md",
            false => "README.md",
        };
        assert!(read(readme).contains(&format!("]({page})")), "{readme} does not link to {page}");
    }
}

#[test]
fn between_chinese_characters_punctuation_is_chinese() {
    let others = ["handlers/examples/40-push.toml", "deploy/cloud-run/yizhan.toml"];
    let chinese = pages().into_iter().filter(|page| page.ends_with(".zh-CN.md"));
    for page in chinese.chain(others.map(str::to_owned)) {
        for line in read(&page).lines() {
            let letters: Vec<char> = line.chars().collect();
            let narrow = letters
                .windows(3)
                .find(|it| is_chinese(it[0]) && ",:;!?".contains(it[1]) && is_chinese(it[2]));
            assert_eq!(narrow, None, "{page}: {line}");
        }
    }
}

/// Every page, by its path in the repository.
fn pages() -> BTreeSet<String> {
    let folder = |folder: &str, prefix: &str| -> Vec<String> {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let is_page = |it: &String| Path::new(it).extension().is_some_and(|it| it == "md");
        names.filter(is_page).map(|it| format!("{prefix}{it}")).collect()
    };
    let mut pages: BTreeSet<String> = folder("", "").into_iter().collect();
    pages.extend(folder("docs", "docs/"));
    assert!(pages.contains("README.zh-CN.md") && pages.contains("docs/rules.md"), "{pages:?}");
    pages
}

/// The same page in the other language.
fn twin(page: &str) -> Option<String> {
    if ENGLISH.contains(&page) {
        return None;
    }
    let twin = match page.strip_suffix(".zh-CN.md") {
        Some(name) => format!("{name}.md"),
        None => page.replace(".md", ".zh-CN.md"),
    };
    assert!(root().join(&twin).exists(), "{page} is there, {twin} is not");
    Some(twin)
}

/// The levels of the headings, the languages of the examples, and the rows of the tables.
fn shape(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut shape = Vec::new();
    for line in text.lines().map(str::trim_start) {
        if let Some(language) = line.strip_prefix("```") {
            is_code = !is_code;
            if is_code {
                shape.push(language.to_owned());
            }
        } else if is_code {
        } else if line.starts_with('#') {
            shape.push(line.chars().take_while(|it| *it == '#').collect());
        } else if line.starts_with('|') {
            shape.push("row".to_owned());
        }
    }
    shape
}

/// Where a page's links to files of the repository lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| !link.contains("://"))
}

/// How the sections of a page are linked to: as GitHub makes an anchor of a heading.
fn sections(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut sections = BTreeSet::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if !is_code && line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            sections.insert(
                heading.chars().filter(|it| it.is_alphanumeric() || "-_".contains(*it)).collect(),
            );
        }
    }
    sections
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
