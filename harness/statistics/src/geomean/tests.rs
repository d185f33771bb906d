use super::{Geomean, geomean, median_of};
use crate::verdict::Rounds;

const SEED: u64 = 1;

/// A cell with these ratios in rounds 1, 2, ….
fn cell(ratios: &[f64]) -> Rounds {
    (1..).zip(ratios.iter().copied()).collect()
}

/// A cell with 15 ratios up to `spread` to either side of `ratio`.
fn spread_cell(ratio: f64, spread: f64, shift: i32) -> Rounds {
    let at = |round: i32| f64::from((round * 7 + shift).rem_euclid(15) - 7) / 7.0;
    let ratios: Vec<f64> = (0..15).map(|round| ratio * (spread * at(round)).exp()).collect();
    cell(&ratios)
}

fn close(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-12, "{got} {want}");
}

#[test]
fn mean_extremes_and_leave_one_out() {
    let check = |cells: &[Rounds], count, want: [f64; 5]| {
        let got = geomean(cells, &[], SEED, 10).unwrap();
        assert_eq!(got.cells, count);
        let found = [got.ratio, got.least, got.most, got.without_low, got.without_high];
        found.iter().zip(want).for_each(|(got, want)| close(*got, want));
    };
    check(&[cell(&[1.0, 2.0, 9.0])], 1, [2.0, 2.0, 2.0, 2.0, 2.0]);
    check(&[cell(&[2.0]), cell(&[0.5])], 2, [1.0, 0.5, 2.0, 0.5, 2.0]);
    check(
        &[cell(&[2.0]), cell(&[4.0]), cell(&[1.0])],
        3,
        [2.0, 1.0, 4.0, 2.0_f64.sqrt(), 8.0_f64.sqrt()],
    );
    // The median of two is their geometric mean, and what is no ratio is out.
    let odd = vec![(1, 1.0), (2, 4.0), (2, 9.0), (3, 0.0), (4, f64::NAN), (5, -1.0)];
    check(&[odd, vec![], cell(&[0.0])], 1, [2.0; 5]);
}

#[test]
fn without_values_or_replicates_there_is_none() {
    let check = |cells: &[Rounds], parts: &[Vec<u64>], replicates| {
        assert_eq!(geomean(cells, parts, SEED, replicates), None);
    };
    check(&[], &[], 10);
    check(&[cell(&[0.0])], &[], 10);
    check(&[cell(&[2.0])], &[vec![7]], 10);
    check(&[cell(&[2.0])], &[vec![]], 10);
    check(&[cell(&[2.0])], &[], 0);
}

#[test]
fn rounds_outside_the_parts_do_not_count() {
    let ratios = cell(&[2.0, 2.0, 8.0, 8.0]);
    let one = std::slice::from_ref(&ratios);
    close(geomean(one, &[vec![1, 2]], SEED, 10).unwrap().ratio, 2.0);
    close(geomean(one, &[vec![1, 2], vec![3, 4, 9], vec![]], SEED, 10).unwrap().ratio, 4.0);
}

#[test]
fn the_wide_interval_also_draws_the_cells() {
    let cells = [spread_cell(0.5, 0.05, 0), spread_cell(1.0, 0.05, 4), spread_cell(2.0, 0.05, 8)];
    let got = geomean(&cells, &[], SEED, 1_000).unwrap();
    let narrow = 0.94 < got.low && got.low < got.ratio && got.ratio < got.high && got.high < 1.06;
    assert!(narrow, "{got:?}");
    assert!(got.wide_low < 0.6 && got.wide_high > 1.6, "{got:?}");
}

#[test]
fn a_part_that_differs_widens_the_interval() {
    // Two sessions of which one is 20 % slower throughout.
    let ratios = spread_cell(1.0, 0.01, 0);
    let moved =
        |(round, ratio): &(u64, f64)| (*round, if *round > 8 { ratio * 1.2 } else { *ratio });
    let cells = [ratios.iter().map(moved).collect::<Rounds>()];
    let width = |got: &Geomean| got.high / got.low;
    let parts = [(1..=8).collect(), (9..=15).collect()];
    let apart = geomean(&cells, &parts, SEED, 1_000).unwrap();
    let even: Vec<Rounds> = vec![ratios];
    let same = geomean(&even, &parts, SEED, 1_000).unwrap();
    assert!(width(&apart) > 1.19 && width(&same) < 1.03, "{apart:?} {same:?}");
}

#[test]
fn swapping_contestant_and_reference_gives_the_reciprocal() {
    let cells = [spread_cell(0.7, 0.1, 0), spread_cell(1.1, 0.2, 4)];
    let swapped = |cell: &Rounds| cell.iter().map(|(at, ratio)| (*at, 1.0 / ratio)).collect();
    let other: Vec<Rounds> = cells.iter().map(swapped).collect();
    let here = geomean(&cells, &[], SEED, 200).unwrap();
    let there = geomean(&other, &[], SEED, 200).unwrap();
    close(here.ratio * there.ratio, 1.0);
    close(here.low * there.high, 1.0);
    close(here.wide_high * there.wide_low, 1.0);
}

#[test]
fn the_seed_fixes_the_bounds() {
    let cells = [spread_cell(0.7, 0.1, 0), spread_cell(1.1, 0.2, 4)];
    let bounds = |seed| geomean(&cells, &[], seed, 200).unwrap();
    assert_eq!(bounds(5), bounds(5));
    assert_ne!(bounds(5), bounds(6));
}

#[test]
fn a_cell_without_a_drawn_round_keeps_its_ratio() {
    // One value in one of thirty rounds: most replicates draw none of it.
    let full = cell(&[1.0; 30]);
    let got = geomean(&[full, cell(&[4.0])], &[], SEED, 200).unwrap();
    close(got.ratio, 2.0);
    close(got.low, 2.0);
    close(got.high, 2.0);
}

#[test]
fn median_by_selection() {
    let check = |values: &[f64], want| assert_eq!(median_of(&mut values.to_vec()), want);
    check(&[], None);
    check(&[3.0], Some(3.0));
    check(&[3.0, 1.0], Some(2.0));
    check(&[3.0, 1.0, 2.0], Some(2.0));
    check(&[4.0, 1.0, 3.0, 2.0], Some(2.5));
}
