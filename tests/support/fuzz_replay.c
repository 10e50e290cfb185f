/*
 * Runs a fuzz target's corpus as an ordinary test: every file of the directories and files named on
 * the command line.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);
    size_t bytes = 0;

    if (file == NULL || data == NULL) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    bytes = fread(data, 1, 1 << 20, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, bytes);
    free(data);
    return 1;
}

static int replay_directory(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    if (directory == NULL) {
        return replay_file(path);
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char name[4096];
        struct stat status;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &status) == 0 && S_ISREG(status.st_mode)) {
            count += replay_file(name);
        }
    }
    (void)closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        count += replay_directory(argv[i]);
    }
    (void)printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1; /* a corpus that is not found must not pass */
}
