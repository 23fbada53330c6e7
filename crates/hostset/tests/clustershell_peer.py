"""The other side of clustershell.rs: reads expressions, one a line, and answers with what
ClusterShell makes of each: `ok TAB folded TAB name,name,...` or `error TAB reason`."""

import sys

try:
    from ClusterShell.NodeSet import NodeSet
    from ClusterShell.NodeUtils import GroupResolver, GroupSource
except ImportError as error:
    print("absent\t%s" % error, flush=True)
    sys.exit(0)

GROUPS = {
    "gpu": "gpu[01-04]",
    "odd": "n[1-19/2]",
    "both": "@gpu,@odd",
    "some": "@both!n[1-7]&n[5-9],n3",
    "r1": "rack1n[01-08]",
    "r2": "rack2n[01-08]",
}
ALL = "n[1-20],gpu[01-10],rack[1-3]n[01-08],login"

resolver = GroupResolver(default_source=GroupSource("test", GROUPS, ALL))
print("ready\t%s" % ALL, flush=True)
for line in sys.stdin:
    try:
        nodes = NodeSet(line.rstrip("\n"), resolver=resolver)
        print("ok\t%s\t%s" % (nodes, ",".join(nodes)), flush=True)
    except Exception as error:
        print("error\t%s" % str(error).replace("\n", " ").replace("\t", " "), flush=True)
