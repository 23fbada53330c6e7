//! Mains or battery, from `/sys/class/power_supply`.

use super::Computer;
use posse_farm::policy::Battery;

impl Computer {
    /// The emptiest of its batteries; None for a computer without one. Those of mice and keyboards
    /// are not its own.
    pub fn battery(&self) -> Option<Battery> {
        const SUPPLIES: &str = "sys/class/power_supply";
        let (mut least, mut on_mains, mut drains) = (None, false, false);
        for name in self.names(SUPPLIES, "") {
            let told = |what: &str| {
                let text = self.read(format!("{SUPPLIES}/{name}/{what}")).unwrap_or_default();
                text.trim().to_owned()
            };
            if told("scope") == "Device" {
                continue;
            }
            if told("type") != "Battery" {
                on_mains |= told("online") == "1";
            } else if let Ok(percent) = told("capacity").parse::<u8>() {
                least = Some(least.map_or(percent, |known: u8| known.min(percent)));
                drains |= told("status") == "Discharging";
            }
        }
        let percent = least?;
        Some(Battery { percent, on_mains: on_mains && !drains })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    #[test]
    fn a_laptop_has_a_battery_and_a_mouse_is_not_it() {
        let fake = Fake::new(&[
            ("sys/class/power_supply/AC/type", "Mains\n"),
            ("sys/class/power_supply/AC/online", "1\n"),
            ("sys/class/power_supply/hid-mouse/type", "Battery\n"),
            ("sys/class/power_supply/hid-mouse/scope", "Device\n"),
            ("sys/class/power_supply/hid-mouse/capacity", "3\n"),
        ]);
        let battery = || fake.computer().battery();
        assert_eq!(battery(), None);
        fake.put("sys/class/power_supply/BAT0/type", "Battery\n");
        fake.put("sys/class/power_supply/BAT0/capacity", "80\n");
        fake.put("sys/class/power_supply/BAT0/status", "Charging\n");
        assert_eq!(battery(), Some(Battery { percent: 80, on_mains: true }));
        fake.put("sys/class/power_supply/AC/online", "0\n");
        fake.put("sys/class/power_supply/BAT0/status", "Discharging\n");
        assert_eq!(battery(), Some(Battery { percent: 80, on_mains: false }));
    }
}
