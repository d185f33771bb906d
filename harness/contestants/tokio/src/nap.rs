//! How a sleeper sleeps until all wake.

use std::io::Write;
use std::marker::PhantomData;
use std::os::unix::net::UnixStream as Post;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::sleep_until;
use triathlon_contract::Received;
use triathlon_contract::sleepers::{
    FRAME, Night, awake, frame, letter, touch, unwound,
};

/// Sleeps, and holds nothing else: no call between the task and its timer.
pub(crate) async fn timer(night: Arc<Night>, index: u64) -> Result<Received> {
    night.roll.lie_down();
    sleep_until(night.clock.instant(night.wake_ns).into()).await;
    night.roll.get_up();
    Ok(awake(index, 0))
}

/// Sleeps after something has used the worker's stack, which is not its own.
pub(crate) async fn touched(night: Arc<Night>, index: u64) -> Result<Received> {
    let proof = touch(index);
    sleep(&night).await;
    Ok(awake(index, proof))
}

/// Sleeps below calls that hold something: all of them are one future.
pub(crate) async fn deep(night: Arc<Night>, index: u64) -> Result<Received> {
    Ok(awake(index, Sixteen::call(&night, index).await))
}

/// Sleeps in a read.
pub(crate) async fn socket(
    night: Arc<Night>,
    index: u64,
    own: Post,
) -> Result<Received> {
    own.set_nonblocking(true).context("never block")?;
    let mut own = UnixStream::from_std(own).context("register")?;
    night.roll.lie_down();
    let byte = own.read_u8().await.context("read the letter")?;
    night.roll.get_up();
    Ok(awake(index, u64::from(byte)))
}

/// Wakes all who sleep in a read. One byte fits into an empty socket, so that
/// nobody blocks here.
pub(crate) fn wake(posts: Vec<Post>) -> Result<()> {
    for (index, mut post) in (0..).zip(posts) {
        post.write_all(&[letter(index)]).context("write a letter")?;
    }
    Ok(())
}

async fn sleep(night: &Night) {
    night.roll.lie_down();
    sleep_until(night.clock.instant(night.wake_ns).into()).await;
    night.roll.get_up();
}

/// One call among others. An async function cannot call itself without a box;
/// a type for each level can call that of the one below.
trait Call {
    const LEVEL: u64;
    fn call(night: &Night, index: u64) -> impl Future<Output = u64> + Send;
}

struct Lowest;
struct Above<C>(PhantomData<C>);
type Four<C> = Above<Above<Above<Above<C>>>>;
type Sixteen = Four<Four<Four<Four<Lowest>>>>;

impl Call for Lowest {
    const LEVEL: u64 = 0;

    async fn call(night: &Night, _index: u64) -> u64 {
        sleep(night).await;
        0
    }
}

impl<C: Call> Call for Above<C> {
    const LEVEL: u64 = C::LEVEL + 1;

    async fn call(night: &Night, index: u64) -> u64 {
        let held: [u64; FRAME] = frame(index, C::LEVEL);
        let below = C::call(night, index).await;
        unwound(&held, below)
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Sixteen};
    use triathlon_contract::sleepers::{FRAME, LEVELS};

    #[test]
    fn sixteen_levels_hold_their_frames_in_one_future() {
        assert_eq!(Sixteen::LEVEL, LEVELS);
        let held = |future: &dyn Send| size_of_val(future);
        let night = triathlon_contract::sleepers::Night {
            wake_ns: 0,
            clock: triathlon_lab::Lab::new(None).clock(),
            roll: triathlon_lab::Lab::new(None).roll_call(1).unwrap(),
        };
        let bytes = held(&Sixteen::call(&night, 1));
        let frames = LEVELS as usize * FRAME * 8;
        assert!((frames..3 * frames).contains(&bytes), "{bytes}");
    }
}
