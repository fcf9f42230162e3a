//! The table against literal lists.

use super::Blame;
use super::Remedy;
use super::Surface;
use super::TABLE;
use super::find;
use super::find_on;

#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "numbers as WeChat writes them")]
const MP: &[i64] = &[
    -1, 0, 40001, 40002, 40003, 40004, 40005, 40006, 40007, 40008, 40009, 40010, 40011, 40012,
    40013, 40014, 40029, 40030, 40033, 40035, 40036, 40037, 40038, 40125, 40163, 40164, 40165,
    40166, 40200, 40226, 40243, 41001, 41002, 41004, 41005, 41006, 41028, 41029, 41030, 42001,
    42002, 42003, 42006, 42007, 43001, 43002, 43003, 43004, 43019, 43100, 43101, 43107, 43108,
    43116, 43117, 44001, 44002, 44003, 44004, 45001, 45002, 45003, 45004, 45005, 45006, 45007,
    45008, 45009, 45011, 45015, 45028, 45029, 45035, 45047, 45048, 45065, 45066, 45067, 45072,
    45080, 45081, 45168, 46001, 46002, 46003, 46004, 47001, 47003, 48001, 48002, 48004, 48006,
    48008, 49003, 50001, 50002, 50004, 50005, 50007, 61003, 61004, 61005, 61006, 61007, 61008,
    61009, 61010, 61011, 61012, 61013, 61014, 61015, 61016, 61017, 61018, 61019, 61020, 61021,
    61022, 61023, 61450, 61451, 61452, 61453, 61454, 61455, 61456, 61457, 65400, 65401, 65402,
    65403, 65404, 65405, 65406, 65407, 65408, 65409, 65410, 65411, 65412, 65413, 65414, 65415,
    65416, 65417, 70000, 76001, 76002, 76003, 76004, 76021, 76022, 85105, 85107, 85112, 85113,
    87014, 89503, 89506, 89507, 9001001,
];

#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "numbers as WeChat writes them")]
const WECOM: &[i64] = &[
    -1, 6000, 40001, 40003, 40004, 40005, 40006, 40007, 40008, 40009, 40010, 40011, 40013,
    40014, 40033, 40035, 40050, 40056, 40058, 40063, 40073, 40091, 40201, 40204, 40206, 41001,
    41002, 41004, 41006, 41011, 42001, 42003, 42009, 42014, 42015, 42016, 42017, 42018, 42019,
    42020, 42022, 42027, 42028, 42029, 42030, 42031, 42032, 42033, 42034, 42035, 42036, 42037,
    42038, 42039, 42040, 42041, 42042, 42043, 42044, 42045, 42046, 42047, 42048, 42049, 42050,
    42051, 42052, 43004, 44001, 44004, 45001, 45002, 45007, 45008, 45009, 45033, 48001, 48002,
    50001, 50003, 60011, 60020, 60021, 60111, 60140, 81013, 84061, 84074, 93000, 93004, 93006,
    93008, 95000, 95001, 95002, 95003, 95004, 95005, 95006, 95007, 95008, 95009, 95010, 95011,
    95012, 95013, 95014, 95015, 95016, 95017, 301002, 2000002,
];

#[rustfmt::skip]
const CRYPT: &[i64] = &[
    -40014, -40013, -40012, -40011, -40010, -40009, -40008, -40007, -40006, -40005, -40004,
    -40003, -40002, -40001,
];

fn numbers(surface: Surface) -> Vec<i64> {
    TABLE.iter().filter(|row| row.surface == surface).map(|row| row.number).collect()
}

#[test]
fn the_table_is_sorted_and_has_one_row_for_each_number_and_surface() {
    assert!(TABLE.is_sorted_by(|a, b| (a.number, a.surface) < (b.number, b.surface)));
}

#[test]
fn every_documented_errcode_has_its_row_and_no_other_has() {
    assert_eq!(numbers(Surface::Mp), MP);
    assert_eq!(numbers(Surface::Wecom), WECOM);
    assert_eq!(numbers(Surface::Crypt), CRYPT);
}

#[test]
fn every_row_has_a_phrase_and_advises_in_one_sentence() {
    for row in TABLE {
        let (meaning, advice) = (row.meaning, row.advice());
        assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{}", row.number);
        assert!(advice.ends_with('.') && !advice.contains(". "), "{}: {advice}", row.number);
        assert!(advice.starts_with(|first: char| first.is_uppercase()), "{}: {advice}", row.number);
    }
}

#[test]
fn one_number_can_mean_two_things() {
    let found: Vec<_> = find(48002).map(|row| (row.surface, row.blame)).collect();
    assert_eq!(found, [(Surface::Mp, Blame::Recipient), (Surface::Wecom, Blame::Account)]);
}

#[test]
fn a_number_without_a_row_is_not_found() {
    assert_eq!(find(12_345).count(), 0);
    assert_eq!(find(i64::MIN).count(), 0);
    assert_eq!(find(i64::MAX).count(), 0);
}

#[test]
fn what_helps_follows_the_platforms_documentation() {
    let remedy = |surface, number| find_on(surface, number).map(|row| row.remedy);
    assert_eq!(remedy(Surface::Mp, -1), Some(Remedy::BackOff));
    assert_eq!(remedy(Surface::Mp, 42001), Some(Remedy::RenewToken));
    assert_eq!(remedy(Surface::Mp, 45009), Some(Remedy::WaitForQuota));
    assert_eq!(remedy(Surface::Mp, 45047), Some(Remedy::WaitForUser));
    assert_eq!(remedy(Surface::Mp, 40003), Some(Remedy::DropRecipient));
    assert_eq!(remedy(Surface::Wecom, 60020), Some(Remedy::TellOwner));
    assert_eq!(remedy(Surface::Wecom, 42040), Some(Remedy::Never));
    assert_eq!(remedy(Surface::Crypt, 40001), None);
}

#[test]
fn only_some_remedies_need_no_person() {
    let transient: Vec<i64> = TABLE
        .iter()
        .filter(|row| row.surface == Surface::Wecom && row.remedy.is_transient())
        .map(|row| row.number)
        .collect();
    assert_eq!(
        transient,
        [-1, 6000, 40014, 42001, 42009, 45009, 45033, 95001, 95002, 95003, 95013]
    );
}
