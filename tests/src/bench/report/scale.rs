//! The axis of a chart: how long a bar is, and where the axis has ticks.

/// Figures further apart than this are drawn on a logarithmic axis.
const FAR_APART: f64 = 50.0;
/// Steps that a linear axis has at most.
const STEPS: f64 = 6.0;

/// An axis that begins at zero, or at a power of ten that is less than every figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Up to the last tick, in steps.
    Linear { steps: u32, step: f64 },
    /// From one power of ten to another.
    Logarithmic { from: i32, to: i32 },
}

impl Scale {
    /// One on which all of `values` have their place.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let drawn = values
            .into_iter()
            .filter(|value| value.is_finite() && *value > 0.0);
        let ends = drawn.fold(None, |ends: Option<(f64, f64)>, value| {
            let (least, most) = ends.unwrap_or((value, value));
            Some((least.min(value), most.max(value)))
        });
        match ends {
            None => Self::Linear {
                steps: 1,
                step: 1.0,
            },
            Some((least, most)) if most > least * FAR_APART => Self::logarithmic(least, most),
            Some((_, most)) => Self::linear(most),
        }
    }

    /// In steps of 1, 2 or 5 times a power of ten.
    fn linear(most: f64) -> Self {
        let power = 10_f64.powf((most / STEPS).log10().floor());
        let steps_of = |factor: f64| most / (factor * power);
        let factors = [1.0, 2.0, 5.0, 10.0];
        let factor = factors.into_iter().find(|it| steps_of(*it) <= STEPS);
        let factor = factor.unwrap_or(10.0);
        Self::Linear {
            steps: steps_of(factor).ceil().max(1.0) as u32,
            step: factor * power,
        }
    }

    fn logarithmic(least: f64, most: f64) -> Self {
        Self::Logarithmic {
            from: (least.log10() - 0.05).floor() as i32,
            to: most.log10().ceil() as i32,
        }
    }

    pub(super) fn is_logarithmic(self) -> bool {
        matches!(self, Self::Logarithmic { .. })
    }

    /// Part of the axis that a bar of `value` takes, 0 to 1.
    pub(super) fn share(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { steps, step } => value / (step * f64::from(steps)),
            Self::Logarithmic { .. } if value <= 0.0 => 0.0,
            Self::Logarithmic { from, to } => {
                (value.log10() - f64::from(from)) / f64::from(to - from)
            }
        };
        share.clamp(0.0, 1.0)
    }

    /// Values that are marked.
    pub(super) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { steps, step } => {
                (0..=steps).map(|tick| f64::from(tick) * step).collect()
            }
            Self::Logarithmic { from, to } => (from..=to).map(|power| 10_f64.powi(power)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_ticks_and_room_for_every_value() {
        assert_eq!(
            Scale::of([3.0, 97.0]).ticks(),
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
        );
        assert_eq!(
            Scale::of([0.0, 6.0]).ticks(),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        );
        assert_eq!(Scale::of([]).ticks(), [0.0, 1.0]);
        for most in [0.3, 1.0, 7.0, 19.0, 24.9, 123.0, 5000.1] {
            let scale = Scale::of([most]);
            let ticks = scale.ticks();
            assert!((2..=7).contains(&ticks.len()), "{most}: {ticks:?}");
            assert!(
                (0.5..=1.0).contains(&scale.share(most)),
                "{most}: {ticks:?}"
            );
        }
    }

    #[test]
    fn figures_far_apart_are_drawn_by_their_powers_of_ten() {
        let scale = Scale::of([0.0, 0.2, 90.0]);
        assert_eq!(scale.ticks(), [0.1, 1.0, 10.0, 100.0]);
        assert_eq!([scale.share(0.0), scale.share(100.0)], [0.0, 1.0]);
        assert!((scale.share(1.0) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(scale.share(f64::INFINITY), 1.0);
    }
}
