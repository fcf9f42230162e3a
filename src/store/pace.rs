//! How much of a rate is left: a sliding window, so that no stretch of time as long as the rate's
//! ever sees more than its count, whatever came before. Pure.

use std::time::Duration;

use crate::notification::Rate;

/// Into how many slices a rate's time is cut. Room comes back slice by slice.
const SLICES: u64 = 20;

/// What was taken lately, by slice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Window {
    /// Number of the slice since 1970 and what was taken in it, oldest first.
    taken: Vec<(u64, u32)>,
}

impl Window {
    /// Reads what [`Window::write`] wrote. Anything else is an empty window.
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.split(' ').filter_map(|pair| {
            let (slice, count) = pair.split_once(':')?;
            Some((slice.parse().ok()?, count.parse().ok()?))
        });
        Self { taken: pairs.collect() }
    }

    /// As it is stored: `slice:count slice:count`.
    pub(super) fn write(&self) -> String {
        let pairs: Vec<String> =
            self.taken.iter().map(|(slice, count)| format!("{slice}:{count}")).collect();
        pairs.join(" ")
    }

    /// How much may be taken now.
    pub(super) fn room(&mut self, rate: Rate, now: Duration) -> u32 {
        let slice = slice_of(rate, now);
        // The oldest slice that may still reach into the window. What a clock that was set back
        // left in the future is no past either.
        self.taken.retain(|(at, _)| *at + SLICES >= slice && *at <= slice);
        let taken = self.taken.iter().map(|(_, count)| *count).fold(0, u32::saturating_add);
        rate.count.saturating_sub(taken)
    }

    /// Notes that `count` were taken now.
    pub(super) fn take(&mut self, rate: Rate, now: Duration, count: u32) {
        let slice = slice_of(rate, now);
        match self.taken.last_mut() {
            Some((at, taken)) if *at == slice => *taken += count,
            _ => self.taken.push((slice, count)),
        }
    }

    /// When there is room again after there was none.
    pub(super) fn again_at(&self, rate: Rate) -> Option<Duration> {
        let (oldest, _) = self.taken.first()?;
        Some(Duration::from_millis((oldest + SLICES + 1) * length_ms(rate)))
    }
}

fn slice_of(rate: Rate, now: Duration) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX) / length_ms(rate)
}

/// How long a slice is; never zero.
fn length_ms(rate: Rate) -> u64 {
    u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX).div_ceil(SLICES).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Window;
    use crate::notification::Rate;

    #[test]
    fn a_minute_of_twenty_gives_twenty_at_once_and_then_none_until_it_is_over() {
        let rate = Rate { count: 20, per: Duration::from_mins(1) };
        let at = |seconds: u64| Duration::from_secs(1_767_225_600 + seconds);
        let mut window = Window::default();
        assert_eq!(window.room(rate, at(0)), 20);
        window.take(rate, at(0), 15);
        assert_eq!(window.room(rate, at(30)), 5);
        window.take(rate, at(30), 5);
        assert_eq!(window.room(rate, at(60)), 0);
        assert_eq!(window.again_at(rate), Some(at(63)));
        assert_eq!(window.room(rate, at(63)), 15);
        assert_eq!(window.room(rate, at(93)), 20);
    }

    #[test]
    fn no_second_ever_sees_more_than_the_rate() {
        let rate = Rate { count: 10, per: Duration::from_secs(1) };
        let mut window = Window::default();
        let mut taken: Vec<(u64, u32)> = Vec::new();
        for step in 0_u64..5_000 {
            let now = step * 7;
            let wanted = u32::try_from(step % 3).unwrap();
            let count = window.room(rate, Duration::from_millis(now)).min(wanted);
            window.take(rate, Duration::from_millis(now), count);
            taken.push((now, count));
            let of_second: u32 =
                taken.iter().filter(|(at, _)| now - at < 1_000).map(|(_, count)| count).sum();
            assert!(of_second <= 10, "{of_second} in the second before {now} ms");
        }
        let total: u32 = taken.iter().map(|(_, count)| count).sum();
        assert!(total >= 320, "{total} in 35 s");
    }

    #[test]
    fn a_window_reads_back_what_it_wrote() {
        let rate = Rate { count: 5, per: Duration::from_secs(1) };
        let mut window = Window::default();
        window.take(rate, Duration::from_millis(120), 2);
        window.take(rate, Duration::from_millis(300), 1);
        assert_eq!(window.write(), "2:2 6:1");
        assert_eq!(Window::read("2:2 6:1"), window);
        assert_eq!(Window::read(""), Window::default());
    }
}
