//! What is not counted: health, counters, the gate, trials.

use hyper::StatusCode;
use hyper::body::Incoming;
use serde::Serialize;

use crate::answer::read_within;
use crate::counters::CountersRecord;
use crate::listen::Port;
use crate::parse::law;
use crate::respond::{self, Answer, Refusal};
use crate::route::Control;
use crate::trials::{MOST_ADDRESSES, MOST_PORTS, MOST_STAMPS, Wanted};

/// More than any honest body of `POST /trial`.
const MOST_CONTROL_BYTES: usize = 1024;

const ASK: Refusal = Refusal::invalid(
    "POST /trial takes no body, or JSON such as {\"ports\":1,\"addresses\":1,\"arrival_stamps\":0,\
     \"seed\":1,\"postgres\":false} with ports and addresses from 1 to 16, arrival_stamps from 0 to \
     2000000 and seed from 0 to 18446744073709551615.",
);
/// Also of what is no law.
const QUERY_LAW: &str = "query_law takes what /delay/ takes: {us}, uniform/{low_us}/{high_us}, \
    exponential/{mean_us} or bimodal/{low_us}/{high_us}/{high_permille}, and asks for postgres.";
const UNKNOWN: Refusal = Refusal::new(
    StatusCode::NOT_FOUND,
    "No trial has this id; POST /trial answers with a new one.",
);
const OWN: Refusal =
    Refusal::invalid("Trial 0 is the server's own and ends with it; end the server instead.");

/// The answer of `POST /trial`.
#[derive(Serialize)]
struct Created {
    id: String,
    addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<String>,
}

/// Answers one control request.
///
/// # Errors
/// The refusal to answer with.
pub(crate) async fn answer(
    control: Control,
    body: Incoming,
    port: &Port,
) -> Result<Answer, Refusal> {
    match control {
        Control::Healthz => Ok(respond::text("ok")),
        Control::Counters { stamps } => Ok(respond::record(&port.trial.record(stamps))),
        Control::Stall { us } => {
            port.trial.stall(us * 1000);
            Ok(respond::text("ok"))
        }
        Control::CreateTrial => create(body, port).await,
        Control::ReadTrial { id, stamps } => read(id, stamps, port).map(|it| respond::record(&it)),
        Control::EndTrial { id, stamps } => end(id, stamps, port).await,
    }
}

async fn create(body: Incoming, port: &Port) -> Result<Answer, Refusal> {
    let body = read_within(body, MOST_CONTROL_BYTES).await.map_err(|_| ASK)?;
    let wanted = match &body[..] {
        [] => Wanted::default(),
        json => serde_json::from_slice(json).map_err(|_| ASK)?,
    };
    let listens = (1..=MOST_PORTS).contains(&wanted.ports)
        && (1..=MOST_ADDRESSES).contains(&wanted.addresses);
    if !listens || wanted.arrival_stamps > MOST_STAMPS {
        return Err(ASK);
    }
    let query_law = match wanted.query_law.as_deref() {
        Some(_) if !wanted.postgres => return Err(Refusal::invalid(QUERY_LAW)),
        Some(text) => Some(law(text, QUERY_LAW)?),
        None => None,
    };
    let created = port.server.trials.create(&port.server, &wanted, query_law)?;
    let mut answer = respond::record(&Created {
        id: created.id.to_string(),
        addresses: created.addresses.iter().map(ToString::to_string).collect(),
        postgres: created.postgres.map(|address| address.to_string()),
    });
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

fn read(id: u64, stamps: bool, port: &Port) -> Result<CountersRecord, Refusal> {
    if id == port.trial.id {
        return Ok(port.trial.record(stamps));
    }
    port.server.trials.find(id).map(|trial| trial.record(stamps)).ok_or(UNKNOWN)
}

/// Answers when ports and connections are closed: the counters are final.
async fn end(id: u64, stamps: bool, port: &Port) -> Result<Answer, Refusal> {
    if id == port.trial.id {
        return Err(OWN);
    }
    let trial = port.server.trials.end(id).await.ok_or(UNKNOWN)?;
    Ok(respond::record(&trial.record(stamps)))
}
