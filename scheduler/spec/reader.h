/*
 * From the tree to the struct: what every section of the spec reads its keys with. A section is a
 * table of fields; each field says how its value is written, where it goes and within which bounds.
 */
#ifndef SPEC_READER_H
#define SPEC_READER_H

#include "spec/shown.h"
#include "spec/tree.h"

struct reader {
    struct arena *arena;
    const struct source *source;
    struct spec_report *report;
    struct spec *spec;        /* NULL where a coordinator's configuration is read */
    char *currency;           /* SPEC_CURRENCY_BYTES: the one its money is in so far */
    const char *currency_per; /* what has but one currency, as messages say it */
    bool no_memory;           /* an allocation failed: the result is worthless */
};

struct field {
    const char *name;
    /* Reads the value into `target`, or complains and leaves the default there. */
    void (*read)(struct reader *reader, const struct field *field, const struct node *node,
                 void *target);
    size_t offset;            /* of the target in the section's struct */
    double min;               /* of numbers, in base units */
    double max;               /* of lists the number of elements; 0: SPEC_LIST_MAX */
    const char *const *words; /* of field_choice: NULL at the end */
};

/* reader_error, reader_warning: complain and caution about the file being read. */
__attribute__((format(printf, 4, 5))) void reader_error(struct reader *reader,
                                                        struct spec_place place, const char *hint,
                                                        const char *format, ...);
__attribute__((format(printf, 4, 5))) void reader_warning(struct reader *reader,
                                                          struct spec_place place, const char *hint,
                                                          const char *format, ...);

/* reader_take: zeroed room for `count` things in the spec's arena; latches no_memory. */
void *reader_take(struct reader *reader, size_t count, size_t bytes);

/* reader_expect: whether the node is of the kind; complains otherwise, saying what `what` is. */
bool reader_expect(struct reader *reader, const struct node *node, enum node_kind kind,
                   const char *what);

/* reader_list: the nodes a list-valued key holds: its elements, or the node itself where one value
 * is written without a list. Complains beyond `max` and then gives none. */
const struct node *reader_list(struct reader *reader, const struct node *node, size_t max,
                               size_t *count);

/*
 * reader_fields: reads a mapping into `target` by the table of `count` fields. Unknown keys are
 * errors with the nearest known one; `what` names the mapping in messages. False if the node is no
 * mapping.
 */
bool reader_fields(struct reader *reader, const struct node *node, const char *what,
                   const struct field *fields, size_t count, void *target);

/* reader_nearest: fills `hint` with "did you mean 'x'?" or leaves it empty. */
void reader_nearest(char *hint, size_t bytes, const char *word, const char *const *words,
                    size_t count);

/* Kinds of fields; the comment says what the target is. */
void field_real(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* double */
void field_integer(struct reader *reader, const struct field *field, const struct node *node,
                   void *target); /* int64_t */
void field_bool(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* bool */
void field_duration(struct reader *reader, const struct field *field, const struct node *node,
                    void *target); /* int64_t, ms: 25s, 20m, 400h, 2d */
void field_bytes(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* int64_t, bytes: 32GiB, 500MB */
void field_money(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* int64_t, millionths: 150 EUR; sets the currency */
void field_price(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* struct spec_amount: 0.16, in the unit of the prices */
void field_rate(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* struct spec_rate: 3.06 USD/h; sets the currency */
void field_power(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* int64_t, watts: 350W, 1.2kW */
void field_text(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* const char *: any text, not empty */
void field_name(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* const char *: [A-Za-z0-9._-]+ */
void field_metric(struct reader *reader, const struct field *field, const struct node *node,
                  void *target); /* const char *: a metric's name, as scripts print it */
void field_pattern(struct reader *reader, const struct field *field, const struct node *node,
                   void *target); /* const char *: a POSIX ERE; `min` groups at least */
void field_choice(struct reader *reader, const struct field *field, const struct node *node,
                  void *target); /* an enum: the index in `words` */
void field_texts(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* struct spec_texts: a list, or one */
void field_names(struct reader *reader, const struct field *field, const struct node *node,
                 void *target); /* struct spec_texts of names */
void field_node(struct reader *reader, const struct field *field, const struct node *node,
                void *target); /* const struct node *: the section reads it itself */

/* reader_is_name: whether the text is 1 to SPEC_NAME_BYTES - 1 characters out of [A-Za-z0-9._-]. */
bool reader_is_name(const char *text);

/* reader_name: whether the node is such a name; complains otherwise. */
bool reader_name(struct reader *reader, const struct node *node, const char *what);

/* reader_is_metric: whether the text is a name scripts may print: printable, not empty, shorter
 * than SPEC_NAME_BYTES. */
bool reader_is_metric(const char *text);

/* reader_metric: whether the node is such a name; complains otherwise. */
bool reader_metric(struct reader *reader, const struct node *node, const char *what);

/* reader_norway: warns where a plain yes, no, on, off, null, ... stands for text. */
void reader_norway(struct reader *reader, const struct node *node);

/* reader_scalar: a scalar with its YAML type into *scalar; complains about what looks like a number
 * or a bool and is none, and about empty values. */
bool reader_scalar(struct reader *reader, const struct node *node, struct spec_scalar *scalar);

/* reader_number_hint: what a person who wrote this as a number should write; "" if nothing comes to
 * mind. */
void reader_number_hint(const struct node *node, char *hint, size_t bytes);

/* reader_bool_hint: which bool the word stands for, as a suggestion; "" if for none. */
const char *reader_bool_hint(const char *text);

/* reader_unit: splits "EUR/kWh" or "EUR/h"; false where the text is none of them. */
bool reader_unit(const char *text, char *currency, enum spec_price_unit *unit);

/* reader_currency: notes that money of this currency is named; complains about a second one. */
bool reader_currency(struct reader *reader, const struct node *node, const char *currency);

#endif
