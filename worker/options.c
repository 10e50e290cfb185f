#include "worker/options.h"

#include "worker/enrol.h"

#include "base/number.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: tidemill-worker --connect tcp://HOST:PORT --key FILE --server-key FILE\n"
    "       tidemill-worker --connect tcp://HOST:PORT --token TOKEN\n"
    "       tidemill-worker --keys DIR\n"
    "\n"
    "Runs the attempts that a tidemill coordinator assigns.\n"
    "\n"
    "  --connect ENDPOINT     the coordinator, tcp://HOST:PORT\n"
    "  --key FILE             this worker's secret key (mode 0600)\n"
    "  --server-key FILE      the coordinator's public key\n"
    "  --token TOKEN          a one-time token or its file; the key stays in --state\n"
    "  --keys DIR             STORE.run, of a coordinator on this machine\n"
    "  --name NAME            how this worker is called there (HOST-PID)\n"
    "  --pool NAME            the pool it belongs to (default)\n"
    "  --slots N              attempts at once (1)\n"
    "  --label KEY=VALUE      what a spec may ask for; may be repeated\n"
    "  --cpus N               cores that it offers (the machine's)\n"
    "  --memory SIZE          the same (the machine's)\n"
    "  --gpus N               the same (0)\n"
    "  --exit-when-idle TIME  leave after so long without work, such as 10m\n"
    "  --notice CLOUD         how this machine's end is told: auto, aws, gcp, azure,\n"
    "                         file:PATH (none)\n"
    "  --notice-url URL       the metadata service, instead of the cloud's own\n"
    "  --state DIR            where results wait until they are acknowledged\n"
    "  --user USER            as root: run attempts as this user\n"
    "  --allow-root           as root: run attempts as root\n"
    "  --allow-commands FILE  run only commands that FILE lists, one a line\n"
    "  --inherit-env          attempts get this worker's environment\n"
    "  --parent-pid PID       end with this process\n"
    "  --help, --version\n"
    "\n"
    "SIGTERM drains: attempts are told to leave, results are delivered. A second one\n"
    "ends at once.\n";

const char *options_usage(void)
{
    return usage;
}

enum option_code {
    OPTION_CONNECT = 256,
    OPTION_KEY,
    OPTION_SERVER_KEY,
    OPTION_TOKEN,
    OPTION_KEYS,
    OPTION_NAME,
    OPTION_POOL,
    OPTION_SLOTS,
    OPTION_LABEL,
    OPTION_CPUS,
    OPTION_MEMORY,
    OPTION_GPUS,
    OPTION_IDLE,
    OPTION_NOTICE,
    OPTION_NOTICE_URL,
    OPTION_STATE,
    OPTION_USER,
    OPTION_ALLOW_ROOT,
    OPTION_ALLOW_COMMANDS,
    OPTION_INHERIT,
    OPTION_PARENT,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option longs[] = {
    {"connect", required_argument, NULL, OPTION_CONNECT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"server-key", required_argument, NULL, OPTION_SERVER_KEY},
    {"token", required_argument, NULL, OPTION_TOKEN},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"name", required_argument, NULL, OPTION_NAME},
    {"pool", required_argument, NULL, OPTION_POOL},
    {"slots", required_argument, NULL, OPTION_SLOTS},
    {"label", required_argument, NULL, OPTION_LABEL},
    {"cpus", required_argument, NULL, OPTION_CPUS},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"gpus", required_argument, NULL, OPTION_GPUS},
    {"exit-when-idle", required_argument, NULL, OPTION_IDLE},
    {"notice", required_argument, NULL, OPTION_NOTICE},
    {"notice-url", required_argument, NULL, OPTION_NOTICE_URL},
    {"state", required_argument, NULL, OPTION_STATE},
    {"user", required_argument, NULL, OPTION_USER},
    {"allow-root", no_argument, NULL, OPTION_ALLOW_ROOT},
    {"allow-commands", required_argument, NULL, OPTION_ALLOW_COMMANDS},
    {"inherit-env", no_argument, NULL, OPTION_INHERIT},
    {"parent-pid", required_argument, NULL, OPTION_PARENT},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0}};

struct unit {
    const char *name;
    double factor;
};

static const struct unit times[] = {{"ms", 1},     {"s", 1e3},     {"m", 60e3},
                                    {"h", 3600e3}, {"d", 86400e3}, {NULL, 0}};
static const struct unit sizes[] = {{"B", 1},
                                    {"KiB", 1024.0},
                                    {"MiB", 1048576.0},
                                    {"GiB", 1073741824.0},
                                    {"TiB", 1099511627776.0},
                                    {"kB", 1e3},
                                    {"MB", 1e6},
                                    {"GB", 1e9},
                                    {"TB", 1e12},
                                    {NULL, 0}};

/* "10m": a number and a unit. */
static bool read_quantity(const char *text, const struct unit *units, int64_t *value)
{
    char number[64];
    double real = 0;
    const size_t length = strspn(text, "0123456789.");

    if (length == 0 || length >= sizeof number) {
        return false;
    }
    memcpy(number, text, length);
    number[length] = '\0';
    while (units->name != NULL && !text_equal(units->name, text + length)) {
        units++;
    }
    if (units->name == NULL || !number_parse_real(number, &real) || real * units->factor > 9e15) {
        return false;
    }
    *value = (int64_t)(real * units->factor);
    return true;
}

static bool read_count(const char *text, int64_t low, int64_t high, int32_t *value)
{
    int64_t count = 0;

    if (!number_parse_integer(text, &count) || count < low || count > high) {
        return false;
    }
    *value = (int32_t)count;
    return true;
}

static bool read_cpus(struct options *options, const char *text)
{
    double cpus = 0;

    if (!number_parse_real(text, &cpus) || !(cpus > 0) || cpus > 1e6) {
        return false;
    }
    options->cpus_milli = (int32_t)(cpus * 1000 + 0.5);
    return true;
}

static bool read_label(struct options *options, char *text)
{
    char *equals = strchr(text, '=');

    if (equals == NULL || equals == text || equals[1] == '\0' ||
        options->label_count == WIRE_LABELS_MAX) {
        return false;
    }
    *equals = '\0';
    options->labels[options->label_count++] = (struct wire_pair){text, equals + 1};
    return true;
}

static bool read_parent(struct options *options, const char *text)
{
    int32_t pid = 0;

    if (!read_count(text, 1, INT32_MAX, &pid)) {
        return false;
    }
    options->parent = pid;
    return true;
}

static bool is_notice(const char *value)
{
    static const char *const clouds[] = {"none", "auto", "aws", "gcp", "azure"};

    for (size_t i = 0; i < sizeof clouds / sizeof *clouds; i++) {
        if (text_equal(value, clouds[i])) {
            return true;
        }
    }
    return strncmp(value, "file:/", 6) == 0;
}

static bool read_one(struct options *options, int option, char *value)
{
    switch ((enum option_code)option) {
    case OPTION_CONNECT:
        options->connect = value;
        return true;
    case OPTION_KEY:
        options->key = value;
        return true;
    case OPTION_SERVER_KEY:
        options->server_key = value;
        return true;
    case OPTION_TOKEN:
        options->token = value;
        return true;
    case OPTION_KEYS:
        options->keys = value;
        return true;
    case OPTION_NAME:
        options->name = value;
        return key_name_valid(value);
    case OPTION_POOL:
        options->pool = value;
        return key_name_valid(value);
    case OPTION_SLOTS:
        return read_count(value, 1, WIRE_SLOTS_MAX, &options->slots);
    case OPTION_LABEL:
        return read_label(options, value);
    case OPTION_CPUS:
        return read_cpus(options, value);
    case OPTION_MEMORY:
        return read_quantity(value, sizes, &options->memory_bytes);
    case OPTION_GPUS:
        return read_count(value, 0, 1024, &options->gpus);
    case OPTION_IDLE:
        return read_quantity(value, times, &options->idle_exit_ms) && options->idle_exit_ms > 0;
    case OPTION_NOTICE:
        options->notice = value;
        return is_notice(value);
    case OPTION_NOTICE_URL:
        options->notice_url = value;
        return true;
    case OPTION_STATE:
        options->state = value;
        return true;
    case OPTION_USER:
        options->user = value;
        return true;
    case OPTION_ALLOW_ROOT:
        options->allow_root = true;
        return true;
    case OPTION_ALLOW_COMMANDS:
        options->allow_commands = value;
        return true;
    case OPTION_INHERIT:
        options->inherit_environment = true;
        return true;
    case OPTION_PARENT:
        return read_parent(options, value);
    case OPTION_HELP:
        options->help = true;
        return true;
    case OPTION_VERSION:
        options->version = true;
        return true;
    }
    return false;
}

static enum tide_status read_all(struct options *options, int argc, char **argv,
                                 struct error *error)
{
    opterr = 0;
    for (int index = 0;;) {
        const int option = getopt_long(argc, argv, "", longs, &index);
        if (option == -1) {
            break;
        }
        if (option == '?') {
            return error_set(error, TIDE_INVALID, "no option '%s', or its value is missing",
                             argv[optind - 1]);
        }
        if (!read_one(options, option, optarg)) {
            return error_set(error, TIDE_INVALID, "--%s cannot be '%s'", longs[index].name, optarg);
        }
    }
    if (optind < argc) {
        return error_set(error, TIDE_INVALID, "'%s' is no option", argv[optind]);
    }
    return TIDE_OK;
}

static enum tide_status read_user(struct options *options, struct error *error)
{
    const bool root = geteuid() == 0;

    if (options->user == NULL) {
        return !root || options->allow_root
                   ? TIDE_OK
                   : error_set(
                         error, TIDE_REFUSED,
                         "a worker that is root runs attempts as --user USER, or as root with "
                         "--allow-root");
    }
    if (!root) {
        return error_set(error, TIDE_REFUSED, "--user needs root");
    }
    const struct passwd *user = getpwnam(options->user);
    if (user == NULL || user->pw_uid == 0) {
        return error_set(error, TIDE_INVALID, "--user '%s' is no user other than root",
                         options->user);
    }
    options->uid = user->pw_uid;
    options->gid = user->pw_gid;
    (void)text_copy(options->home, sizeof options->home, user->pw_dir);
    return TIDE_OK;
}

static void fill_defaults(struct options *options)
{
    if (gethostname(options->host, sizeof options->host - 1) != 0 || options->host[0] == '\0') {
        (void)text_copy(options->host, sizeof options->host, "unknown");
    }
    if (options->name == NULL) {
        (void)snprintf(options->name_text, sizeof options->name_text, "%.40s-%" PRIdMAX,
                       options->host, (intmax_t)getpid());
        options->name = options->name_text;
    }
    if (options->cpus_milli == 0) {
        options->cpus_milli = (int32_t)(sysconf(_SC_NPROCESSORS_ONLN) * 1000);
    }
    if (options->memory_bytes == 0) {
        options->memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    }
}

/* Exactly one of the three ways, whole. */
static bool connects(const struct options *options)
{
    const bool endpoint = options->connect != NULL;
    const bool keys = options->key != NULL && options->server_key != NULL;
    const bool any_key = options->key != NULL || options->server_key != NULL;
    const bool token = options->token != NULL;

    if (options->keys != NULL) {
        return !endpoint && !any_key && !token;
    }
    return endpoint && (token ? !any_key : keys);
}

enum tide_status options_read(struct options *options, int argc, char **argv, struct error *error)
{
    *options = (struct options){.slots = 1, .pool = "default"};
    enum tide_status status = read_all(options, argc, argv, error);
    if (status != TIDE_OK || options->help || options->version) {
        return status;
    }
    if (!connects(options)) {
        return error_set(error, TIDE_INVALID,
                         "either --keys DIR, or --connect with --token, or --connect with --key "
                         "and --server-key");
    }
    fill_defaults(options);
    return read_user(options, error);
}

enum tide_status options_access(const struct options *options, const char *state,
                                struct key_access *access, struct error *error)
{
    char name[KEY_NAME_BYTES];

    (void)text_copy(name, sizeof name, options->name);
    if (*options->name_text != '\0') {
        enrol_name(state, name);
    }
    if (options->keys != NULL) {
        return keys_join(options->keys, KEY_WORKER, name, access, error);
    }
    if (options->token != NULL) {
        return enrol_access(state, options->connect, options->token, name, access, error);
    }
    *access = (struct key_access){.lock = -1};
    enum tide_status status = key_pair_read(options->key, &access->pair, error);
    if (status == TIDE_OK) {
        status = key_public_read(options->server_key, access->server_key, error);
    }
    if (status == TIDE_OK &&
        !text_copy(access->endpoint, sizeof access->endpoint, options->connect)) {
        status = error_set(error, TIDE_INVALID, "--connect is too long");
    }
    return status;
}
