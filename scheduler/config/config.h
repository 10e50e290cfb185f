/*
 * The coordinator's own configuration (docs/COORDINATOR.md): where it listens, what it keeps, and
 * the pools of machines it knows, with their prices and the commands that start and end machines.
 * Read like a spec, with the same messages; in base units.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "spec/spec.h"

enum {
    CONFIG_POOLS_MAX = 32,
    CONFIG_WORDS_MAX = 64, /* of a command */
};

enum config_price_source {
    CONFIG_PRICE_CONSTANT,
    CONFIG_PRICE_BANDS,
    CONFIG_PRICE_FILE,
    CONFIG_PRICE_COMMAND,
};

struct config_price {
    enum config_price_source source;
    struct spec_prices prices; /* unit of all; `fallback` a constant's price; bands; file */
    const char *timezone;      /* of bands */
    struct spec_texts command; /* its output is what price_parse reads */
    int64_t every_ms;          /* how often the command is run, the file looked at */
    int64_t hold_ms;           /* how long the last good price holds beyond its end */
    const char *pick;          /* which series of several; NULL there is but one */
};

struct config_pool {
    const char *name;
    char currency[SPEC_CURRENCY_BYTES]; /* "" where no money is named: the machines are free */
    struct config_price price;
    int64_t power_watt;                  /* of a worker; 0: the price is per hour */
    int64_t startup_ms;                  /* from a launch to a worker that can begin */
    int64_t slots;                       /* of a worker that is launched */
    int64_t max;                         /* workers; 0: no limit, and none is ever launched */
    bool on_demand;                      /* machines of this pool are not taken away */
    struct spec_texts launch, terminate; /* without words: machines come and go by themselves */
    int64_t idle_ms; /* a launched machine without a trial is ended after this long */
};

struct config {
    const char *listen, *store, *keys, *web; /* NULL: not said */
    int64_t lease_ms;                        /* 0: not said */
    const struct config_pool *pools;
    size_t pool_count;
};

/*
 * config_load: reads the regular file at `path`, which nobody else may write to. Relative paths in
 * it are meant from its folder. As spec_load otherwise: on TIDE_OK `*config` is the
 * caller's, to be freed by config_free, and the report holds warnings only.
 */
__attribute__((warn_unused_result)) enum tide_status
config_load(const char *path, struct config **config, struct spec_report *report);

/* config_parse: the same from memory; `name` is what messages call the file. */
__attribute__((warn_unused_result)) enum tide_status config_parse(const char *text, size_t bytes,
                                                                  const char *name,
                                                                  struct config **config,
                                                                  struct spec_report *report);

/* config_free: frees everything the configuration points to; NULL is accepted. */
void config_free(struct config *config);

#endif
