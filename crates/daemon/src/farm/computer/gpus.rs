//! Graphics processors: which there are, by what names programs choose among them, and the
//! environment that gives a task some of them.
//!
//! NVIDIA's driver tells of them in `/proc/driver/nvidia/gpus`, AMD's in the topology of
//! `/sys/class/kfd` (where nodes with `simd_count` 0 are processors). `POSSE_GPUS=N` on a host
//! says it instead.

use super::Computer;
use posse_farm::worker::Share;

/// Says how many there are, where that can not be seen, or is less.
pub(in crate::farm) const COUNT_VARIABLE: &str = "POSSE_GPUS";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::farm) struct Gpu {
    vendor: Vendor,
    /// A number by the order of the bus, or a name that the driver gave it for ever.
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Nvidia,
    Amd,
    /// Nobody said.
    Unknown,
}

impl Computer {
    /// `said`: what [`COUNT_VARIABLE`] says.
    pub fn gpus(&self, said: Option<&str>) -> Vec<Gpu> {
        let mut found = self.nvidia();
        found.extend(self.amd());
        if let Some(count) = said.and_then(|text| text.trim().parse::<u16>().ok()) {
            let count = usize::from(count);
            let unknown = |at: usize| Gpu { vendor: Vendor::Unknown, id: at.to_string() };
            found.truncate(count);
            found.extend((found.len()..count).map(unknown));
        }
        found
    }

    fn nvidia(&self) -> Vec<Gpu> {
        const DRIVER: &str = "proc/driver/nvidia/gpus";
        let nvidia = |id: String| Gpu { vendor: Vendor::Nvidia, id };
        let by_bus = self.names(DRIVER, "");
        if !by_bus.is_empty() {
            let told = by_bus.iter().map(|bus| self.read(format!("{DRIVER}/{bus}/information")));
            let told = told.enumerate();
            return told
                .map(|(at, text)| nvidia(text.and_then(uuid).unwrap_or_else(|| at.to_string())))
                .collect();
        }
        let devices = self.names("dev", "nvidia").into_iter();
        let numbers = devices.filter_map(|name| super::root::number_behind(&name, "nvidia"));
        numbers.map(|number| nvidia(number.to_string())).collect()
    }

    fn amd(&self) -> Vec<Gpu> {
        const NODES: &str = "sys/class/kfd/kfd/topology/nodes";
        let computes = |node: &String| {
            let told = self.read(format!("{NODES}/{node}/properties")).unwrap_or_default();
            let count = told.lines().find_map(|line| line.strip_prefix("simd_count "));
            count.is_some_and(|count| count.trim().parse::<u32>().is_ok_and(|count| count > 0))
        };
        let count = self.names(NODES, "").iter().filter(|node| computes(node)).count();
        (0..count).map(|at| Gpu { vendor: Vendor::Amd, id: at.to_string() }).collect()
    }
}

/// A line such as `GPU UUID:  GPU-52b5f7ea-...`; the driver writes question marks where it does
/// not know it yet.
fn uuid(information: String) -> Option<String> {
    let line = information.lines().find_map(|line| line.strip_prefix("GPU UUID:"))?;
    let id = line.trim();
    let is_known = id.starts_with("GPU-") && !id.contains('?');
    is_known.then(|| id.to_owned())
}

/// What gives a task these shares of the host's GPUs. Nothing, for a task that asked for none.
pub(in crate::farm) fn variables(gpus: &[Gpu], shares: &[Share]) -> Vec<(String, String)> {
    if shares.is_empty() {
        return Vec::new();
    }
    let of = |vendors: [Vendor; 2]| {
        let ids = shares.iter().map(|share| match gpus.get(usize::from(share.device)) {
            Some(gpu) if vendors.contains(&gpu.vendor) => Some(gpu.id.clone()),
            Some(_) => None,
            // The vm says that there are more than were found.
            None => Some(share.device.to_string()),
        });
        ids.flatten().collect::<Vec<_>>().join(",")
    };
    let nvidia = of([Vendor::Nvidia, Vendor::Unknown]);
    let amd = of([Vendor::Amd, Vendor::Unknown]);
    // Numbers are by the order of the bus, not by speed.
    let order = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned());
    let all = [("CUDA_VISIBLE_DEVICES", nvidia), ("ROCR_VISIBLE_DEVICES", amd), order];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    fn shares(devices: &[u16]) -> Vec<Share> {
        devices.iter().map(|device| Share { device: *device, thousandths: 1000 }).collect()
    }

    fn visible(gpus: &[Gpu], devices: &[u16]) -> [String; 2] {
        let all = variables(gpus, &shares(devices));
        ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"].map(|name| {
            let found = all.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        })
    }

    #[test]
    fn nvidias_are_found_by_their_driver() {
        let told = |uuid: &str| format!("Model: \t\t Tesla\nGPU UUID: \t {uuid}\nBus Type: PCIe\n");
        let fake = Fake::new(&[
            ("proc/driver/nvidia/gpus/0000:41:00.0/information", &told("GPU-b")),
            ("proc/driver/nvidia/gpus/0000:07:00.0/information", &told("GPU-????-??")),
        ]);
        let gpus = fake.computer().gpus(None);
        assert_eq!(visible(&gpus, &[0, 1]), ["0,GPU-b", ""]);
        assert_eq!(visible(&gpus, &[1]), ["GPU-b", ""]);
        assert_eq!(fake.computer().gpus(Some("1")).len(), 1);
        assert!(variables(&gpus, &[]).is_empty());
    }

    #[test]
    fn or_by_their_devices() {
        let files = ["nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm"];
        let files = files.map(|name| format!("dev/{name}"));
        let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), "")).collect();
        let gpus = Fake::new(&files).computer().gpus(None);
        assert_eq!(visible(&gpus, &[0, 1, 2]), ["0,2,10", ""]);
    }

    #[test]
    fn amds_are_nodes_that_compute() {
        let node = |number: u32| format!("sys/class/kfd/kfd/topology/nodes/{number}/properties");
        let fake = Fake::new(&[
            (&node(0), "cpu_cores_count 16\nsimd_count 0\n"),
            (&node(1), "cpu_cores_count 0\nsimd_count 256\n"),
            (&node(2), "simd_count 256\n"),
        ]);
        let gpus = fake.computer().gpus(None);
        assert_eq!(visible(&gpus, &[1]), ["", "1"]);
        assert_eq!(gpus.len(), 2);
    }

    #[test]
    fn a_host_may_say_how_many_there_are() {
        let none = Fake::new(&[]).computer();
        assert!(none.gpus(None).is_empty() && none.gpus(Some("many")).is_empty());
        let gpus = none.gpus(Some("3"));
        assert_eq!(visible(&gpus, &[0, 2]), ["0,2", "0,2"]);
        assert_eq!(visible(&[], &[1]), ["1", "1"]);
    }
}
