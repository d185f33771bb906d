use super::{Pair, Verdict, groups, letter, letters, rank_intervals};

fn pair(a: usize, b: usize, verdict: Verdict) -> Pair {
    let (n, ratio, low, high) = (15, 1.0, 1.0, 1.0);
    Pair { a, b, n, ratio, low, high, confidence: 0.95, p: 1.0, p_holm: 1.0, verdict }
}

fn lower(a: usize, b: usize) -> Pair {
    pair(a, b, Verdict::Lower)
}

#[test]
fn ranks_are_as_wide_as_the_pairs_leave_them() {
    let check = |members, pairs: &[Pair], want: &[(usize, usize)]| {
        assert_eq!(rank_intervals(members, pairs), want);
    };
    check(0, &[], &[]);
    check(3, &[], &[(1, 3), (1, 3), (1, 3)]);
    check(2, &[lower(0, 1)], &[(1, 1), (2, 2)]);
    check(2, &[pair(0, 1, Verdict::Higher)], &[(2, 2), (1, 1)]);
    check(2, &[pair(0, 1, Verdict::Equivalent)], &[(1, 2), (1, 2)]);
    check(3, &[lower(0, 2), pair(0, 1, Verdict::Undecided)], &[(1, 2), (1, 3), (2, 3)]);
}

#[test]
fn letters_of_known_relations() {
    let check = |members, pairs: &[Pair], order: &[usize], want: &[&str]| {
        assert_eq!(letters(members, pairs, order), want);
    };
    check(0, &[], &[], &[]);
    check(3, &[], &[0, 1, 2], &["a", "a", "a"]);
    check(2, &[lower(0, 1)], &[0, 1], &["a", "b"]);
    check(2, &[lower(0, 1)], &[1, 0], &["b", "a"]);
    // The one in the middle is told from neither end.
    check(3, &[lower(0, 2)], &[0, 1, 2], &["a", "ab", "b"]);
    check(3, &[lower(0, 2)], &[], &["a", "ab", "b"]);
    // Two chains that cross.
    check(4, &[lower(0, 2), lower(0, 3), lower(1, 3)], &[0, 1, 2, 3], &["a", "ab", "bc", "c"]);
    // Of the four groups of this square, sweeping leaves out none: each pair of
    // neighbours is in one group only.
    check(4, &[lower(0, 2), lower(1, 3)], &[0, 1, 2, 3], &["ab", "ac", "cd", "bd"]);
}

#[test]
fn a_letter_is_shared_if_and_only_if_the_pair_is_not_decided() {
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..3_000 {
        let members = rng.usize(1..11);
        let density = rng.f64();
        let mut relation = Vec::new();
        for a in 0..members {
            for b in a + 1..members {
                let verdict = match rng.f64() < density {
                    true if rng.bool() => Verdict::Higher,
                    true => Verdict::Lower,
                    false => Verdict::Undecided,
                };
                relation.push(pair(a, b, verdict));
            }
        }
        let mut order: Vec<usize> = (0..members).collect();
        rng.shuffle(&mut order);
        shared_as_decided(members, &relation, &order);
    }
}

fn shared_as_decided(members: usize, relation: &[Pair], order: &[usize]) {
    let letters = letters(members, relation, order);
    let groups = groups(members, relation, order);
    let separator = if groups.len() > 26 { " " } else { "" };
    for pair in relation {
        let (a, b) = (&letters[pair.a], &letters[pair.b]);
        let shared = if separator.is_empty() {
            a.chars().any(|letter| b.contains(letter))
        } else {
            a.split(' ').any(|letter| b.split(' ').any(|other| other == letter))
        };
        let decided = matches!(pair.verdict, Verdict::Lower | Verdict::Higher);
        assert_eq!(shared, !decided, "{letters:?} {pair:?}");
    }
    assert!(letters.iter().all(|letters| !letters.is_empty()), "{letters:?}");
    needed(&groups);
    assert!(letters[order[0]].starts_with('a'), "{letters:?} {order:?}");
}

/// Each group has a pair, or a single member, that no other group has.
fn needed(groups: &[Vec<usize>]) {
    for (at, group) in groups.iter().enumerate() {
        let elsewhere = |a, b| {
            let mut others = groups.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, other)| other.contains(a) && other.contains(b))
        };
        let own = group.iter().any(|a| group.iter().any(|b| !elsewhere(a, b)));
        assert!(own, "{group:?} of {groups:?}");
    }
}

#[test]
fn more_than_26_groups() {
    // Thirty members, each told from every other.
    let all = (0..30).flat_map(|a| (a + 1..30).map(move |b| lower(a, b)));
    let all: Vec<Pair> = all.collect();
    let order: Vec<usize> = (0..30).collect();
    let got = letters(30, &all, &order);
    assert_eq!((got[25].as_str(), got[26].as_str(), got[29].as_str()), ("z", "aa", "ad"));
    shared_as_decided(30, &all, &order);
    // Ten pairs told apart, everything else not: 2^10 groups before sweeping.
    let pairs: Vec<Pair> = (0..10).map(|at| lower(2 * at, 2 * at + 1)).collect();
    shared_as_decided(20, &pairs, &order[..20]);
}

#[test]
fn letters_go_on_after_z() {
    let check = |at, want| assert_eq!(letter(at), want);
    check(0, "a");
    check(25, "z");
    check(26, "aa");
    check(27, "ab");
    check(701, "zz");
    check(702, "aaa");
}
