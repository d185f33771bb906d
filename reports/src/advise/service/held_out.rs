//! What the model of a service is worth: its errors on cells that it was not shown.

use super::cost::Costs;
use super::sites::{Server, Site};
use super::throughput_of;
use crate::advise::Wrong;
use crate::advise::held_out::error;

/// Errors of the model on held-out cells of one server; none where no cell could be held
/// out.
pub(super) struct Proven {
    pub(super) cpu: Option<Wrong>,
    pub(super) throughput: Option<Wrong>,
    pub(super) memory: Option<Wrong>,
}

/// Each cell from all others, and from those of other pages alone, where it lies among
/// them.
pub(super) fn proven(server: &Server) -> Proven {
    let (mut cpu, mut throughput, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for held in &server.sites {
        let other = |site: &&Site| site.id != held.id;
        let other_page = |site: &&Site| site.place.page() != held.place.page();
        let sets: [Vec<&Site>; 2] = [
            server.sites.iter().filter(other).collect(),
            server.sites.iter().filter(other_page).collect(),
        ];
        for others in sets {
            let Some(costs) = Costs::of(&others, server.processors) else { continue };
            if costs.know(&held.place).is_err() {
                continue;
            }
            let Some(cost) = costs.at(&held.place) else { continue };
            cpu.push(error(cost, held.cost_s));
            memory.extend(costs.memory(&held.place).map(|m| error(m, held.memory_bytes)));
            let predicted = costs.trip_s().filter(|_| held.place.clients <= costs.own_clients());
            let predicted = predicted.map(|trip| throughput_of(server, &held.place, cost, trip).0);
            throughput.extend(predicted.zip(held.throughput_per_s).map(|(p, m)| error(p, m)));
        }
    }
    let [cpu, throughput, memory] = [cpu, throughput, memory].map(Wrong::of);
    Proven { cpu, throughput, memory }
}
