#include "common/commands.h"

#include <string.h>

#include "parley/base/str.h"

enum { COMMANDS_MAX = 64 };

const tool_option tool_global_options[] = {
    {"-C", "DIR", "work as if started in DIR"},
    {"--json", NULL, "print one JSON document, or one object a line where a command goes on"},
    {"--color", "WHEN", "auto, always or never; NO_COLOR is honoured"},
    {"-q", NULL, "print less"},
    {"-v", NULL, "print more"},
    {"--help", NULL, "print help"},
    {NULL, NULL, NULL},
};

static const tool_option up_options[] = {
    {"--detach", NULL, "return when everything is ready; the system goes on in the background"},
    {"--port-base", "N", "a documented port p becomes N + p - 8000 (default 8000)"},
    {"--set", "SERVICE.KEY=VALUE", "a setting of one service; may be repeated"},
    {"--without", "SERVICE", "do not start this service; parley start does later"},
    {"--replicas", "SERVICE=N", "start N of it"},
    {NULL, NULL, NULL},
};

static const tool_option logs_options[] = {
    {"-f", NULL, "go on printing what comes"},
    {"--since", "D", "only what is younger, such as 90s or 5m"},
    {"--trace", "ID", "one trace as a tree; its first digits or a traceparent do"},
    {NULL, NULL, NULL},
};

static const tool_option restart_options[] = {
    {"--rolling", NULL, "one replica after the other: a new one ready, then the old one drained"},
    {NULL, NULL, NULL},
};

static const tool_option down_options[] = {
    {"--volumes", NULL, "remove the data as well"},
    {"--yes", NULL, "do not ask"},
    {NULL, NULL, NULL},
};

static const tool_option call_options[] = {
    {"-H", "NAME:VALUE", "send this metadata, of NAME-bin in base64; may be repeated"},
    {"--timeout", "D", "give up after D (default 10s; none for a method that streams)"},
    {"--max-messages", "N", "cancel after N messages of the answer"},
    {"--tls-ca", "FILE", "call over TLS; the server's certificate is signed by one of these"},
    {"--tls-cert", "FILE", "the own certificate, for servers that ask for one"},
    {"--tls-key", "FILE", "its private key"},
    {"--server-name", "NAME", "that the certificate has (default: the host)"},
    {NULL, NULL, NULL},
};

static const tool_option ls_options[] = {
    {"-H", "NAME:VALUE", "send this metadata, of NAME-bin in base64; may be repeated"},
    {"--timeout", "D", "give up after D (default 10s)"},
    {"--tls-ca", "FILE", "ask over TLS; the server's certificate is signed by one of these"},
    {"--tls-cert", "FILE", "the own certificate, for servers that ask for one"},
    {"--tls-key", "FILE", "its private key"},
    {"--server-name", "NAME", "that the certificate has (default: the host)"},
    {NULL, NULL, NULL},
};

static const tool_option new_options[] = {
    {"--store", "STORE", "of a service: postgres (with events, the default) or none"},
    {"--keeps", "THING", "of a service: what it is about, such as book (default: its own name)"},
    {"--dry-run", NULL, "say what would be made, and make nothing"},
    {NULL, NULL, NULL},
};

static const tool_option contract_options[] = {
    {"--check", NULL, "fmt: change nothing; exit 13 where a file would change"},
    {"--consumer", "C", "new: who relies on it, such as mall.orders"},
    {"--provider", "P", "new: the package that provides, such as mall.products.v1"},
    {"--method", "SERVICE.METHOD", "new: what is called (default: the first method)"},
    {"--event", "TYPE", "new: the event"},
    {"--out", "FILE", "test: where to write (default: standard output)"},
    {NULL, NULL, NULL},
};

static const tool_option import_options[] = {
    {"--out", "DIR", "where to write PROVIDER/CONSUMER.yaml (default: the workspace's contracts)"},
    {"--provider", "P", "the package that provides (default: the one that has the route or event)"},
    {"--consumer", "C",
     "whose contracts they are (default: the nearest folder that names somebody)"},
    {"--event", "TYPE", "what messages are (default: by eventType, or by what triggers them)"},
    {NULL, NULL, NULL},
};

static const tool_option breaking_options[] = {
    {"--against", "GITREF|FILE.binpb|FILE.stub|URL",
     "what to compare with (default: the merge base with main)"},
    {"--strict", NULL, "what nobody knows to be unused blocks too"},
    {"--accept", "CONSUMER", "it has approved what this change does to its contracts; repeatable"},
    {"--format", "FORMAT", "text, json, sarif or markdown"},
    {NULL, NULL, NULL},
};

static const tool_option coverage_options[] = {
    {"--field", "NAME", "who uses this field, with the place in their contracts"},
    {"--min", "PERCENT", "exit 13 where less of a provider is used"},
    {NULL, NULL, NULL},
};

static const tool_option graph_options[] = {
    {"--format", "FORMAT", "text, mermaid or json"},
    {"--running", NULL,
     "what services did, by the logs of the systems here: exit 10 where no "
     "contract says so"},
    {NULL, NULL, NULL},
};

static const tool_option stub_options[] = {
    {"--listen", "ADDR", "for gRPC (default 127.0.0.1:0)"},
    {"--http", "ADDR", "for REST, and the stub's own /__parley/ (default 127.0.0.1:0)"},
    {"--consumer", "C", "only its contracts"},
    {"--tls-cert", "FILE",
     "serve gRPC over TLS with this certificate, which a server that is recorded sees, too"},
    {"--tls-key", "FILE", "its private key"},
    {"--lenient", NULL, "answer what no contract covers with the closest one"},
    {"--latency", "D", "wait before every answer"},
    {"--fault", "CODE:RATE", "end so many of the calls with this status, such as UNAVAILABLE:0.1"},
    {"--bundle", "FILE", "write contracts and protos to FILE.stub, which is served without them"},
    {"--watch", NULL,
     "begin anew, on the same connections, when a contract or a proto has changed"},
    {"--verified", "FILE", "a report of parley verify, for x-contract-verified"},
    {"--clock", "TIME", "what the stub's clock says, such as 2026-01-31T12:00:00Z"},
    {"--redis", "URL", "publish the events of the contracts there, when they are triggered"},
    {"--record", "HOST:PORT", "pass calls on to a real server and write what it answers"},
    {"--out", "FILE", "where --record writes, such as contracts/books.v1/reader.yaml"},
    {"--tls-ca", "FILE",
     "--record: over TLS; the real server's certificate is signed by one of these"},
    {"--server-name", "NAME", "--record: that its certificate has (default: the host)"},
    {"--at", "ADDR",
     "trigger, journal, unused, reset: the stub's HTTP address (default: the last one here)"},
    {"--set", "FIELD=VALUE", "trigger: the event with this value"},
    {"--contract", "NAME", "trigger: the event of this contract"},
    {NULL, NULL, NULL},
};

static const tool_option verify_options[] = {
    {"--target", "HOST:PORT", "where the provider runs (default: a system that parley up started)"},
    {"--system", "NAME", "that system, where several have the provider"},
    {"--rest", "HOST:PORT", "its gateway: contracts with `http:` are played there, over HTTP"},
    {"--states", "HOST:PORT",
     "its parley.contract.v1.ProviderStatesService, which sets up `given`"},
    {"--redis", "URL", "where its events are, such as redis://127.0.0.1:6379"},
    {"--consumer", "C", "only its contracts"},
    {"--filter", "TEXT", "only contracts that have TEXT in their names"},
    {"--last-failed", NULL, "only what failed last time; everything where nothing did"},
    {"--timeout", "D", "of a call, and the wait for an event (default 5s)"},
    {"--junit", "FILE", "write JUnit XML"},
    {"--sarif", "FILE", "write SARIF 2.1.0, for code scanning"},
    {"--markdown", "FILE", "write Markdown, for a pull request"},
    {"--report", "FILE", "write what the stub reads: hash, version, time and verdicts, as JSON"},
    {"--github", NULL, "print annotations of GitHub Actions as well"},
    {"--provider-version", "VERSION", "of the provider, for the report"},
    {"--tls-ca", "FILE", "call over TLS; the provider's certificate is signed by one of these"},
    {"--tls-cert", "FILE", "the own certificate, for providers that ask for one"},
    {"--tls-key", "FILE", "its private key"},
    {"--server-name", "NAME", "that the provider's certificate has (default: the host)"},
    {NULL, NULL, NULL},
};

static const tool_option no_options[] = {{NULL, NULL, NULL}};

const tool_command tool_commands[] = {
    {"up", "up", "SYSTEM... [OPTIONS]", "start a system: its stores, its services, its gateway",
     "parley up mall --set orders.STOCK_POLICY=reject", up_options, "systems"},
    {"status", "ctl", "[SYSTEM]", "what runs, where, since when", "parley status --json",
     no_options, "systems"},
    {"logs", "ctl", "[OPTIONS] [SERVICE...]", "what the services wrote",
     "parley logs -f orders payment", logs_options, "services"},
    {"stop", "ctl", "SERVICE", "stop a service; it stays stopped", "parley stop delivery",
     no_options, "services"},
    {"start", "ctl", "SERVICE", "start a service that was stopped or left out",
     "parley start delivery", no_options, "services"},
    {"restart", "ctl", "SERVICE [--rolling]", "stop and start a service",
     "parley restart orders --rolling", restart_options, "services"},
    {"scale", "ctl", "SERVICE=N", "change the number of replicas", "parley scale delivery=2",
     no_options, "services=N"},
    {"down", "ctl", "[SYSTEM] [OPTIONS]", "stop everything", "parley down --volumes", down_options,
     "systems"},
    {"call", "call", "[HOST:PORT|SERVICE] Service.Method [JSON...|-] [OPTIONS]",
     "call a method, found by reflection; JSON documents in, JSON documents out",
     "parley call orders OrderService.GetOrder '{\"orderId\": 1}'", call_options,
     "services methods"},
    {"ls", "call", "[HOST:PORT|SERVICE]", "list services and methods, by reflection",
     "parley ls 127.0.0.1:9081", ls_options, "services"},
    {"new", "new", "system NAME | service SYSTEM/NAME [OPTIONS]",
     "make a system, or a service of one, that builds, runs and is tested as made",
     "parley new system taxi && parley new service taxi/call", new_options, "systems"},
    {"contract", "contract",
     "check [PATH...] | fmt [--check] [PATH...] | show FILE[#NAME] | schema PROVIDER | openapi "
     "PROVIDER | new [OPTIONS] | lock [URL|PATH...] | test PROVIDER [--out FILE]",
     "what consumers rely on: check it against the protos, lay it out, show it, begin one",
     "parley contract check contracts/mall.products.v1", contract_options, "providers"},
    {"import", "import", "scc FILE|DIR... [OPTIONS]",
     "contracts of other tools, as ours: Spring Cloud Contract, YAML and static Groovy",
     "parley import scc src/test/resources/contracts --consumer mall.ui", import_options, NULL},
    {"breaking", "breaking", "[--against GITREF|FILE.binpb] [OPTIONS]",
     "what a change of the protos breaks, and for whom", "parley breaking --against main",
     breaking_options, NULL},
    {"explain", "explain", "[RULE]",
     "a rule that a finding has in brackets, in words; of breaking with the way out",
     "parley explain FIELD_NO_DELETE", no_options, "rules"},
    {"coverage", "coverage", "[PROVIDER] [OPTIONS]",
     "which RPCs, events, fields and enum values contracts use, and who",
     "parley coverage mall.products.v1 --field product_name", coverage_options, "providers"},
    {"graph", "graph", "[OPTIONS]",
     "who relies on whom, for which calls and events, by the contracts",
     "parley graph --format mermaid", graph_options, NULL},
    {"stub", "stub",
     "PROVIDER...|FILE.stub|FOLDER/|URL | trigger NAME | journal | unused | reset [OPTIONS]",
     "a provider that answers from contracts; what was called, and what was not",
     "parley stub mall.products.v1 --consumer mall.orders", stub_options, "providers"},
    {"verify", "verify", "PROVIDER|FILE.stub [--target HOST:PORT] [OPTIONS]",
     "whether a running provider keeps its contracts: answers, streams, events",
     "parley verify mall.products.v1 --target 127.0.0.1:9081 --states 127.0.0.1:9082",
     verify_options, "providers"},
    {"doctor", "doctor", "", "what is missing on this machine, and what mends it", "parley doctor",
     no_options, NULL},
    {"completion", NULL, "bash|zsh|fish|systems|services|providers|methods|rules",
     "print a completion script for a shell, or the names that it offers",
     "source <(parley completion bash)", no_options, NULL},
};
const size_t tool_command_count = PL_COUNT(tool_commands);

const tool_command *tool_command_find(const char *name) {
    for (size_t i = 0; i < tool_command_count; i++) {
        if (strcmp(tool_commands[i].name, name) == 0)
            return &tool_commands[i];
    }
    return NULL;
}

const char *tool_command_nearest(const char *word) {
    const char *names[COMMANDS_MAX];
    size_t count = tool_command_count < COMMANDS_MAX ? tool_command_count : COMMANDS_MAX;
    for (size_t i = 0; i < count; i++)
        names[i] = tool_commands[i].name;
    return pl_str_nearest(pl_str_c(word), names, count);
}
