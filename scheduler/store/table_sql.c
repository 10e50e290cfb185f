/* Knows how a table becomes statements. */
#include "store/table.h"

#include "base/assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Appends to a statement, which is known to fit. */
static void sql_add(char *sql, const char *text, size_t length)
{
    size_t before = strlen(sql);

    ASSERT(before + length < TABLE_SQL_BYTES);
    memcpy(sql + before, text, length);
    sql[before + length] = '\0';
}

static void sql_text(char *sql, const char *text)
{
    sql_add(sql, text, strlen(text));
}

static void sql_parameter(char *sql, uint32_t index)
{
    char text[16];

    (void)snprintf(text, sizeof text, "?%" PRIu32, index + 1);
    sql_text(sql, text);
}

/* The column whose name is the first `length` bytes of `text`. */
static uint32_t column_named(const struct table *table, const char *text, size_t length)
{
    uint32_t i = 0;

    while (i < table->column_count && (strncmp(table->columns[i].name, text, length) != 0 ||
                                       table->columns[i].name[length] != '\0')) {
        i++;
    }
    ASSERT(i < table->column_count);
    return i;
}

/* Appends SQL in which $column stands for its parameter. */
static void sql_template(const struct table *table, char *sql, const char *text)
{
    const char *at = text;

    while (*at != '\0') {
        size_t plain = strcspn(at, "$");
        sql_add(sql, at, plain);
        at += plain;
        if (*at == '$') {
            size_t name = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz_");
            sql_parameter(sql, column_named(table, at + 1, name));
            at += 1 + name;
        }
    }
}

static void sql_set(char *sql, const struct column *column, uint32_t index)
{
    sql_text(sql, column->name);
    if (column->kind == COLUMN_TEXT) { /* none leaves the column as it is */
        sql_text(sql, " = coalesce(");
        sql_parameter(sql, index);
        sql_text(sql, ", ");
        sql_text(sql, column->name);
        sql_text(sql, ")");
    } else {
        sql_text(sql, " = ");
        sql_parameter(sql, index);
    }
}

void table_update_sql(const struct table *table, char *sql)
{
    const char *separator = " SET ";

    sql[0] = '\0';
    sql_text(sql, "UPDATE OR FAIL ");
    sql_text(sql, table->name);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].role == ROLE_SET) {
            sql_text(sql, separator);
            sql_set(sql, &table->columns[i], i);
            separator = ", ";
        }
    }
    separator = " WHERE ";
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].role == ROLE_KEY) {
            sql_text(sql, separator);
            sql_text(sql, table->columns[i].name);
            sql_text(sql, " = ");
            sql_parameter(sql, i);
            separator = " AND ";
        }
    }
    sql_template(table, sql, table->fence);
}

static void sql_names(const struct table *table, char *sql)
{
    for (uint32_t i = 0; i < table->column_count; i++) {
        sql_text(sql, i == 0 ? "" : ", ");
        sql_text(sql, table->columns[i].name);
    }
}

void table_insert_sql(const struct table *table, char *sql)
{
    bool extra = table->extra_column != NULL;

    sql[0] = '\0';
    sql_text(sql, "INSERT OR FAIL INTO ");
    sql_text(sql, table->name);
    sql_text(sql, " (");
    sql_names(table, sql);
    if (extra) {
        sql_text(sql, ", ");
        sql_text(sql, table->extra_column);
    }
    sql_text(sql, ") VALUES (");
    for (uint32_t i = 0; i < table->column_count; i++) {
        sql_text(sql, i == 0 ? "" : ", ");
        sql_parameter(sql, i);
    }
    if (extra) {
        sql_text(sql, ", ");
        sql_template(table, sql, table->extra_value);
    }
    sql_text(sql, ")");
}

void table_select_sql(const struct table *table, char *sql)
{
    const char *separator = " ORDER BY ";

    sql[0] = '\0';
    sql_text(sql, "SELECT ");
    sql_names(table, sql);
    sql_text(sql, " FROM ");
    sql_text(sql, table->name);
    for (uint32_t i = 0; i < table->column_count && table->columns[i].role == ROLE_KEY; i++) {
        sql_text(sql, separator);
        sql_text(sql, table->columns[i].name);
        separator = ", ";
    }
}
