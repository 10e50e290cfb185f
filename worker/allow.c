#include "worker/allow.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4096 };

bool allow_command(const char *path, const char *command)
{
    char line[LINE_BYTES];
    bool allowed = false;
    FILE *file = fopen(path, "re");

    while (file != NULL && !allowed && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        allowed = line[0] != '\0' && line[0] != '#' && text_equal(line, command);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return allowed;
}
