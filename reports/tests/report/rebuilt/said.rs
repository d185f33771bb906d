//! The sentences, from what the families say.

use super::family::{Family, Said, Seen, is_stack};
use super::number::{THIN, grouped, percent, six, three};
use super::plan::{chosen, is_drawn, metric, more_is_wanted, noun, presets, reference};
use super::raw::{Raw, cut, list, middle, text};
use super::sweep;

/// A sentence with its anchor and the words of its link.
pub(super) type Sentence = (String, String);

/// All of them in the order of the page, and how many workloads have none here.
pub(super) fn sentences(raw: &Raw) -> (Vec<Sentence>, usize) {
    let names = chosen(raw);
    let of_all = list(&raw.run["workloads"]).len();
    let mut said: Vec<Sentence> =
        names.iter().map(|name| (format!("verdict-{name}"), workload(raw, name))).collect();
    said.push(("verdict-totals".to_string(), totals(raw)));
    (said, of_all - names.len())
}

/// A case against its reference, as `summary.json` keeps it.
fn against<'a>(raw: &Raw, family: &Family<'a>, id: &str) -> Option<Seen> {
    let seen = family.seen(id, reference(raw, id)?)?;
    let [ratio, low, high] = [seen.ratio, seen.low, seen.high].map(six);
    Some(Seen { ratio, low, high, ..seen })
}

/// Those of a preset that are compared with the plain reference.
fn compared<'a>(raw: &'a Raw, family: &Family<'a>) -> Vec<(&'a str, Seen)> {
    let ids = family.members.iter().map(|(id, _)| *id);
    ids.filter_map(|id| Some((id, against(raw, family, id)?))).collect()
}

fn workload(raw: &Raw, name: &str) -> String {
    if let Some(said) = sweep::sentence(raw, name).filter(|_| name == "serve") {
        return format!("{name} {said}");
    }
    let metric = metric(raw, name);
    let drawn = presets(raw, name).into_iter().filter(|preset| is_drawn(raw, name, preset));
    let families: Vec<(&str, Family<'_>)> =
        drawn.map(|preset| (preset, Family::of(raw, (name, preset), false, metric))).collect();
    // The last of those with most comparisons.
    let mut shown = 0;
    for place in 0..families.len() {
        let count = |place: usize| compared(raw, &families[place].1).len();
        if count(place) >= count(shown) {
            shown = place;
        }
    }
    let (preset, family) = &families[shown];
    let others = families.iter().enumerate().filter(|(place, _)| *place != shown);
    let others: Vec<&(&str, Family<'_>)> = others.map(|(_, other)| other).collect();
    format!("{name} {}{}", shown_case(raw, name, preset, family), firsts(metric, &others))
}

fn shown_case(raw: &Raw, name: &str, preset: &str, family: &Family<'_>) -> String {
    let (metric, noun) = (metric(raw, name), noun(raw, name));
    let compared = compared(raw, family);
    if compared.is_empty() {
        return format!(
            "On {name}@{preset} nothing can be said of the {noun}: see the notes of its rows."
        );
    }
    let mut order = [Said::Lower, Said::Higher, Said::Equivalent, Said::Undecided];
    if more_is_wanted(metric) {
        order = [Said::Higher, Said::Lower, Said::Equivalent, Said::Undecided];
    }
    let mut clauses: Vec<String> = order
        .into_iter()
        .filter_map(|said| clause(metric, family.margin, &compared, said))
        .collect();
    let of_case = raw
        .ids()
        .into_iter()
        .filter(|id| cut(id).workload == name && cut(id).preset == preset && !is_stack(id));
    match of_case.filter(|id| reference(raw, id).is_some()).count() - compared.len() {
        0 => {}
        1 => clauses.push("1 other has no verdict, see the notes of its row".to_string()),
        more => clauses.push(format!("{more} others have no verdict, see the notes of their rows")),
    }
    format!(
        "On {name}@{preset}, compared with {} in {noun}: {} (ratios with intervals at Holm's levels \
         for 95{THIN}%).",
        text(&raw.run["reference"]),
        clauses.join("; ")
    )
}

/// Those of whom one thing is said, the furthest from 1 first, at most three by
/// name.
fn clause(metric: &str, margin: f64, all: &[(&str, Seen)], said: Said) -> Option<String> {
    let mut own: Vec<&(&str, Seen)> = all.iter().filter(|(_, seen)| seen.said == said).collect();
    // Of those equally far, in the order of the figure, what is wanted first.
    own.sort_by(|(_, a), (_, b)| {
        let up = a.ratio.partial_cmp(&b.ratio).unwrap();
        if more_is_wanted(metric) { up.reverse() } else { up }
    });
    own.sort_by(|(_, a), (_, b)| b.ratio.ln().abs().partial_cmp(&a.ratio.ln().abs()).unwrap());
    let named = own.iter().take(3).map(|(id, seen)| {
        let [ratio, low, high] = [seen.ratio, seen.low, seen.high].map(three);
        format!("{} {ratio}{THIN}×{THIN}[{low}–{high}]", cut(id).who)
    });
    let mut names: Vec<String> = named.collect();
    match own.len() {
        0 => return None,
        1..=3 => {}
        4 => names.push("1 other".to_string()),
        more => names.push(format!("{} others", more - 3)),
    }
    let last = names.pop()?;
    let who = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
    let is = if own.len() == 1 { "is" } else { "are" };
    Some(match said {
        Said::Equivalent => {
            let within = percent(six(margin).min(1.1));
            format!("{who} {is} equivalent within ±{THIN}{within}")
        }
        Said::Undecided => format!("{who} {is} undecided"),
        Said::Lower | Said::Higher => {
            format!("{who} {}", differs(metric, said == Said::Lower, own.len() == 1))
        }
    })
}

/// Verb and word, `spends less`.
fn differs(metric: &str, lower: bool, one: bool) -> String {
    let (singular, plural, low, high) = match metric {
        "elapsed_s" => ("is", "are", "faster", "slower"),
        "throughput_per_s" => ("reaches", "reach", "less", "more"),
        "cpu_us_per_op" => ("spends", "spend", "less", "more"),
        "ctx_switches_per_op" => ("makes", "make", "fewer", "more"),
        "peak_rss_bytes" => ("holds", "hold", "less", "more"),
        _ => ("is", "are", "shorter", "longer"),
    };
    format!("{} {}", if one { singular } else { plural }, if lower { low } else { high })
}

/// Who is ahead of all others, by name, each with its presets.
fn firsts(metric: &str, others: &[&(&str, Family<'_>)]) -> String {
    let wanted = if more_is_wanted(metric) { Said::Higher } else { Said::Lower };
    let mut firsts: Vec<(&str, Vec<&str>)> = Vec::new();
    for (preset, family) in others {
        let who = family.first(wanted).map_or("nobody alone", |id| cut(id).who);
        match firsts.iter_mut().find(|(known, _)| *known == who) {
            Some((_, presets)) => presets.push(preset),
            None => firsts.push((who, vec![preset])),
        }
    }
    if firsts.is_empty() {
        return String::new();
    }
    let names = |presets: &Vec<&str>| match presets.len() {
        1..=3 => presets.join(", "),
        many => format!("{many} presets"),
    };
    let each: Vec<String> =
        firsts.iter().map(|(who, presets)| format!("{who} ({})", names(presets))).collect();
    format!(" First in the other presets: {}.", each.join(", "))
}

/// Every comparison with the reference, counted.
fn totals(raw: &Raw) -> String {
    let (mut better, mut worse, mut equivalent, mut undecided, mut split) = (0, 0, 0, 0, 0);
    let (mut finds, mut changed): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for name in list(&raw.run["workloads"]).iter().map(|workload| text(&workload["name"])) {
        let metric = metric(raw, name);
        for (preset, stack) in presets(raw, name).iter().flat_map(|p| [(p, false), (p, true)]) {
            let family = Family::of(raw, (name, preset), stack, metric);
            let twins = raw.ids().into_iter().filter(|id| raw.was_twice(id));
            changed.extend(twins.filter_map(|id| family.finds_changed(id, metric)).map(six));
            for (_, seen) in compared(raw, &family) {
                *match (seen.said, more_is_wanted(metric)) {
                    (Said::Lower, false) | (Said::Higher, true) => &mut better,
                    (Said::Lower, true) | (Said::Higher, false) => &mut worse,
                    (Said::Equivalent, _) => &mut equivalent,
                    (Said::Undecided, _) => &mut undecided,
                } += 1;
                split += usize::from(seen.split);
                finds.extend(family.finds(&seen).map(six));
            }
        }
    }
    let all = better + worse + equivalent + undecided;
    let reference = text(&raw.run["reference"]);
    if all == 0 {
        return format!(
            "All workloads No cell has a verdict against {reference}: see the notes of the rows."
        );
    }
    let because = match split {
        0 => String::new(),
        split => format!(" ({split} because not every part of the run shows the same)"),
    };
    let who = match finds.len() {
        1 if all == 1 => "It".to_string(),
        some if some == all => "In the median they".to_string(),
        some => format!("In the median of the {some} with enough rounds they"),
    };
    let found = middle(&finds).map_or(String::new(), |median| {
        let percent = percent(median);
        format!(" {who} would find a difference from {percent} on, in nine of ten such runs.")
    });
    let same = middle(&changed).map_or(String::new(), |median| {
        let presets = match changed.len() {
            1 => String::new(),
            many => format!(", in the median of {many} presets"),
        };
        let percent = percent(median);
        format!(" A change of one and the same program would be found from {percent} on{presets}.")
    });
    let comparisons = if all == 1 { "comparison" } else { "comparisons" };
    format!(
        "All workloads Of {} {comparisons} with {reference}, in each workload's own metric: better \
         than the reference in {better}, worse in {worse}, equivalent in {equivalent}, undecided in \
         {undecided}{because}. The table has the interval of each.{found}{same}",
        grouped(&all.to_string())
    )
}
