//! The rows of `triathlon_item`, made once.

use std::sync::LazyLock;

use triathlon_contract::query::Kind;
use triathlon_contract::query::items::{ITEMS, payload};

/// Every row, by id from 1.
static ITEM: LazyLock<Vec<(i32, String)>> =
    LazyLock::new(|| (1..=ITEMS).map(|id| (id, payload(id))).collect());

/// Makes the rows, so that no query waits for it.
pub(super) fn prepare() {
    LazyLock::force(&ITEM);
}

/// The rows that answer a query: of those asked for, the ones that exist.
pub(super) fn of(kind: Kind, id: i32) -> &'static [(i32, String)] {
    let (first, last) = (i64::from(id), i64::from(id) + kind.rows() as i64 - 1);
    let place = |id: i64| id.clamp(0, i64::from(ITEMS)) as usize;
    &ITEM[place(first - 1)..place(last).max(place(first - 1))]
}

#[cfg(test)]
mod tests {
    use super::of;
    use triathlon_contract::query::Kind;
    use triathlon_contract::query::items::payload;

    #[test]
    fn only_rows_that_exist_answer() {
        let check = |kind, id, want: &[i32]| {
            let ids: Vec<i32> = of(kind, id).iter().map(|(id, _)| *id).collect();
            assert_eq!(ids, want, "{kind:?} {id}");
        };
        check(Kind::One, 7, &[7]);
        check(Kind::One, 0, &[]);
        check(Kind::One, 10_000, &[10_000]);
        check(Kind::One, 10_001, &[]);
        check(Kind::One, i32::MIN, &[]);
        check(Kind::Ten, 9_995, &[9_995, 9_996, 9_997, 9_998, 9_999, 10_000]);
        check(Kind::Ten, -7, &[1, 2]);
        check(Kind::Ten, i32::MAX, &[]);
        check(Kind::Insert, 7, &[]);
        assert_eq!(of(Kind::One, 7)[0].1, payload(7));
    }
}
