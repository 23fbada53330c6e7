//! Tests of the host file formats.

use super::*;

fn shown(file: &HostFile) -> Vec<String> {
    file.items.iter().map(HostItem::to_string).collect()
}

fn parse(text: &str) -> HostFile {
    let file = HostFile::parse(text, None);
    assert_eq!(file.report(), "", "{text}");
    file
}

#[test]
fn plain() {
    let file = parse("# my hosts\nlab[1-3]  # three\n\nlogin\r\nssh://bob@far:2222\nlab2\n");
    assert_eq!(file.format, Format::Plain);
    assert_eq!(shown(&file), ["lab1", "lab2", "lab3", "login", "ssh://bob@far:2222"]);
}

#[test]
fn dsh() {
    let file = parse("alice@lab1\nlab2\n");
    assert_eq!(file.format, Format::Dsh);
    assert_eq!(shown(&file), ["alice@lab1", "lab2"]);
    let file = HostFile::parse("#include more\nlab1\n", Some(Format::Dsh));
    assert!(file.report().contains("more as well"), "{}", file.report());
}

#[test]
fn gxp_hosts_and_script() {
    let file = parse(
        "127.0.0.1 localhost\n::1 ip6-localhost\nff02::1 ip6-allnodes\n\
         10.0.0.1 chiba000.example.org chiba000\nuse ssh chiba\n\
         gxpc use --as tau ssh '.' hongo\nexplore hongo[000-002]\n",
    );
    assert_eq!(file.format, Format::Gxp);
    assert_eq!(shown(&file), ["chiba000.example.org", "hongo000", "hongo001", "hongo002"]);
    assert_eq!(file.items[0].option("alias"), Some("chiba000"));
    assert_eq!(file.items[0].option("ip"), Some("10.0.0.1"));
    assert_eq!((&*file.logins[0].from, &*file.logins[0].to), ("chiba", "chiba"));
    let second = &file.logins[1];
    assert_eq!((&*second.from, &*second.to, second.user.as_deref()), (".", "hongo", Some("tau")));
}

#[test]
fn gxp_double_brackets_are_explained() {
    let file = HostFile::parse("explore a[[000-014;007]]\nuse ssh\n", None);
    assert_eq!(file.error_count, 2);
    assert!(file.report().contains("n[000-014]!n007"), "{}", file.report());
}

#[test]
fn pvm() {
    let file = parse(
        "# configuration\nsparky\n* dx=lib/pvmd sp=2000\n* ep=/bin:/usr/bin:$HOME/pvm\n\
         ipsc dx=/usr/geist/pvmd3\n& honk so=ms\nibm1.scri.fsu.edu lo=gst so=pw\n",
    );
    assert_eq!(file.format, Format::Pvm);
    assert_eq!(shown(&file), ["sparky", "ipsc", "honk", "gst@ibm1.scri.fsu.edu"]);
    assert_eq!(file.items[0].options, []);
    assert_eq!(file.items[1].option("ep"), Some("/bin:/usr/bin:$HOME/pvm"));
    assert_eq!(file.items[1].option("dx"), Some("/usr/geist/pvmd3"));
    assert_eq!(file.items[1].option("sp"), None);
    assert!(file.items[2].deferred && !file.items[1].deferred);
}

#[test]
fn pvm_errors() {
    let text = "a xx=1\na so=no\na sp=0\na ep\n$a ep=x\na lo=-x\nb ep=/bin\n";
    let file = HostFile::parse(text, Some(Format::Pvm));
    assert_eq!((file.error_count, shown(&file)), (6, vec!["b".to_owned()]));
}

#[test]
fn mpi() {
    let file = parse("node1:4\nnode2 slots=8 max_slots = 16\nnode1:2\nnode3 user=bob\nnode3\n");
    assert_eq!(file.format, Format::Mpi);
    assert_eq!(shown(&file), ["node1:6", "node2:8", "bob@node3:2"]);
    assert_eq!(file.items[1].option("max_slots"), Some("16"));
    let file = HostFile::parse("a slots=x\nb:0\nc slots=+1\n", Some(Format::Mpi));
    assert_eq!(file.error_count, 3);
}

#[test]
fn addresses_are_not_slots() {
    let file = parse("fe80::1%eth0\n192.168.0.1\n");
    assert_eq!((file.format, file.items.len()), (Format::Plain, 2));
}

#[test]
fn only_names_mean_something_in_a_file() {
    let file = HostFile::parse("all\n@gpu\nlab*\nload<1\nlab[1-4]!lab2\n", None);
    assert_eq!(file.error_count, 4);
    assert_eq!(shown(&file), ["lab1", "lab3", "lab4"]);
    assert_eq!(file.errors[1].line, 2);
}

#[test]
fn thousand_bad_lines_make_a_short_report() {
    let bad = "\x1b[31m -oProxyCommand=evil ; rm -rf ~\n".repeat(1000);
    let file = HostFile::parse(&bad, None);
    assert_eq!((file.error_count, file.errors.len(), file.items.len()), (1000, 20, 0));
    let report = file.report();
    assert_eq!(report.lines().count(), 21);
    assert!(report.ends_with("and 980 more bad lines; is this a plain host file?"), "{report}");
    assert!(report.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(report.len() < 6000, "{}", report.len());
}

#[test]
fn bounded() {
    let file = HostFile::parse("a[1-65536]\nb\n", None);
    assert_eq!((file.items.len(), file.error_count), (65_536, 1));
    let file = HostFile::parse(&"x".repeat(MAX_FILE + 1), None);
    assert_eq!((file.items.len(), file.error_count), (0, 1));
}

#[test]
fn formats_by_name() {
    for format in [Format::Plain, Format::Dsh, Format::Gxp, Format::Pvm, Format::Mpi] {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert!("json".parse::<Format>().is_err());
}
