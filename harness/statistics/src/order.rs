//! Order of the members of a family, as far as their pairs decide it.

use crate::verdict::{Pair, Verdict};

/// Rank interval of each member, lowest and highest rank from 1 to `members`;
/// the lower value is the better one.
///
/// A member is behind those that are decided to be lower and before those
/// decided to be higher; the rest of the order is open, and so is a pair that
/// is not among `pairs`. Where more is better, a caller mirrors: rank r becomes
/// `members + 1 − r`.
///
/// Source: Al Mohamad, Goeman and van Zwet, "Simultaneous confidence intervals
/// for ranks with application to ranking institutions": counting the decided
/// pairs of a family-wise test gives intervals that hold together.
pub fn rank_intervals(members: usize, pairs: &[Pair]) -> Vec<(usize, usize)> {
    let mut ranks = vec![(1, members); members];
    for pair in pairs {
        let (lower, higher) = match pair.verdict {
            Verdict::Lower => (pair.a, pair.b),
            Verdict::Higher => (pair.b, pair.a),
            Verdict::Equivalent | Verdict::Undecided => continue,
        };
        ranks[higher].0 += 1;
        ranks[lower].1 -= 1;
    }
    ranks
}

/// Compact letter display: two members share a letter if and only if their
/// pair is not decided ([`Verdict::Lower`] or [`Verdict::Higher`]).
///
/// `centre_order` lists the members, best first, and `a` is the group of the
/// best; members it leaves out come last. After `z` come `aa`, `ab`, …, and
/// then the letters of a member are separated by spaces.
///
/// Sharing a letter does not mean "the same": undecided pairs share one too.
///
/// Source: [`groups`].
pub fn letters(members: usize, pairs: &[Pair], centre_order: &[usize]) -> Vec<String> {
    let groups = groups(members, pairs, centre_order);
    let between = if groups.len() > 26 { " " } else { "" };
    let letters_of = |member: usize| {
        let has = groups.iter().enumerate().filter(|(_, group)| group.contains(&member));
        has.map(|(at, _)| letter(at)).collect::<Vec<_>>().join(between)
    };
    (0..members).map(letters_of).collect()
}

/// The groups behind [`letters`]: each holds members of which no pair is
/// decided, and each pair that is not decided is in at least one.
///
/// Members within a group, and groups by their members, are in the order of
/// `centre_order`. Groups that the others make superfluous are left out.
///
/// Source: insert-absorb algorithm and sweeping, Piepho (2004), doi
/// 10.1198/1061860043515.
pub fn groups(members: usize, pairs: &[Pair], centre_order: &[usize]) -> Vec<Vec<usize>> {
    let order = complete_order(members, centre_order);
    let mut place = vec![0; members];
    for (at, member) in order.iter().enumerate() {
        place[*member] = at;
    }
    let decided = pairs.iter().filter(|pair| is_decided(pair));
    let mut columns = vec![vec![true; members]];
    for pair in decided {
        insert(&mut columns, place[pair.a], place[pair.b]);
        absorb(&mut columns);
    }
    // `true` first: the group with the better member comes first.
    columns.sort_by(|a, b| b.cmp(a));
    sweep(&mut columns);
    let named = |column: &Vec<bool>| {
        (0..members).filter(|at| column[*at]).map(|at| order[at]).collect::<Vec<_>>()
    };
    columns.iter().map(named).filter(|group| !group.is_empty()).collect()
}

fn is_decided(pair: &Pair) -> bool {
    matches!(pair.verdict, Verdict::Lower | Verdict::Higher)
}

/// `centre_order` without repetitions, then the members it leaves out.
fn complete_order(members: usize, centre_order: &[usize]) -> Vec<usize> {
    let mut order = Vec::with_capacity(members);
    for member in centre_order.iter().copied().chain(0..members) {
        if member < members && !order.contains(&member) {
            order.push(member);
        }
    }
    order
}

/// Splits each column that holds both: one without the first, one without the
/// second.
fn insert(columns: &mut Vec<Vec<bool>>, first: usize, second: usize) {
    for at in 0..columns.len() {
        if columns[at][first] && columns[at][second] {
            let mut copy = columns[at].clone();
            copy[first] = false;
            columns[at][second] = false;
            columns.push(copy);
        }
    }
}

/// Drops each column that lies within another one.
fn absorb(columns: &mut Vec<Vec<bool>>) {
    let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !a | b);
    let mut at = 0;
    while at < columns.len() {
        let mut others = columns.iter().enumerate().filter(|(other, _)| *other != at);
        if others.any(|(_, other)| within(&columns[at], other)) {
            columns.remove(at);
        } else {
            at += 1;
        }
    }
}

/// Drops each column whose pairs, and members, are all in other columns.
fn sweep(columns: &mut Vec<Vec<bool>>) {
    for at in (0..columns.len()).rev() {
        let inside: Vec<usize> = (0..columns[at].len()).filter(|one| columns[at][*one]).collect();
        let elsewhere = |a: usize, b: usize| {
            let mut others = columns.iter().enumerate().filter(|(other, _)| *other != at);
            others.any(|(_, column)| column[a] && column[b])
        };
        if inside.iter().all(|a| inside.iter().all(|b| elsewhere(*a, *b))) {
            columns.remove(at);
        }
    }
}

/// `a` to `z`, `aa`, `ab`, …, `zz`, `aaa`, …
fn letter(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + (at % 26) as u8));
        at /= 26;
        if at == 0 {
            break;
        }
        at -= 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests;
