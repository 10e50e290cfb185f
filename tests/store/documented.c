/* Reads the ```sql blocks of a page; a statement ends with the line that ends in a semicolon. */
#include "store/documented.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);

    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

bool documented_next(FILE *page, bool *inside, char *sql, size_t bytes)
{
    char line[1024];
    size_t length = 0;

    sql[0] = '\0';
    while (fgets(line, sizeof line, page) != NULL) {
        if (strncmp(line, "```", 3) == 0) {
            *inside = !*inside && strcmp(line, "```sql\n") == 0;
        } else if (*inside && length + strlen(line) < bytes) {
            memcpy(sql + length, line, strlen(line) + 1);
            length += strlen(line);
            if (ends_with(line, ";\n")) {
                return true;
            }
        }
    }
    return false;
}
