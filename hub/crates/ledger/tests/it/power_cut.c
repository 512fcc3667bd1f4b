/* Preloaded into a child of the crash tests: knows what is really on disk.
 *
 * Files under CUT_FOLDER are watched. Each fsync or fdatasync that succeeds also
 * copies the file to NAME.durable, so after the child is gone the copies are what
 * a power cut would have left. Faults are asked for by the environment:
 *
 *   CUT_AT=n      kill the process before the n-th watched call
 *   CUT_COUNT=p   at a normal end, write to file p the number of watched calls
 *                 and the number of syncs of the journal
 *   CUT_EIO=n     the n-th sync of the journal fails; later ones succeed
 *                 but sync nothing,
 *                 as kernels do after a failed write-back
 *   CUT_LIE=1     syncs succeed and sync nothing (a planted bug)
 *   CUT_FULL=p    while the file p exists, writes fail for want of space
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long calls;
static atomic_long syncs;
static atomic_int dead;

/* The path behind a descriptor, if it is watched; else 0. */
static int watched(int fd, char *path) {
    const char *folder = getenv("CUT_FOLDER");
    char link[64];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    size_t from = strlen(folder);
    if (strncmp(path, folder, from) != 0 || path[from] != '/') return 0;
    const char *end = path + length;
    return strcmp(end - 4, "-shm") != 0 && !strstr(path, ".durable");
}

static void count(void) {
    const char *at = getenv("CUT_AT");
    if (atomic_fetch_add(&calls, 1) + 1 == (at ? atol(at) : -1)) kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("CUT_COUNT");
    FILE *file = path ? fopen(path, "w") : 0;
    if (!file) return;
    fprintf(file, "%ld %ld", atomic_load(&calls), atomic_load(&syncs));
    fclose(file);
}

static int is_full(void) {
    const char *flag = getenv("CUT_FULL");
    return flag && access(flag, F_OK) == 0;
}

static void keep(int fd, const char *path) {
    static ssize_t (*real_write)(int, const void *, size_t);
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    struct stat facts;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return;
    char part[PATH_MAX + 16], whole[PATH_MAX + 16], buffer[65536];
    snprintf(part, sizeof part, "%s.durable.part", path);
    snprintf(whole, sizeof whole, "%s.durable", path);
    int from = open(path, O_RDONLY), to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t length;
    while ((length = read(from, buffer, sizeof buffer)) > 0)
        if (real_write(to, buffer, (size_t)length) != length) abort();
    close(from);
    close(to);
    int (*real_rename)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    if (real_rename(part, whole) != 0) abort();
}

static int sync_with(const char *name, int fd) {
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    char path[PATH_MAX];
    if (!watched(fd, path)) return real(fd);
    count();
    const char *eio = getenv("CUT_EIO");
    int journal = strstr(path, "/journal.db") != 0;
    if (journal && atomic_fetch_add(&syncs, 1) + 1 == (eio ? atol(eio) : -1)) {
        atomic_store(&dead, 1);
        errno = EIO;
        return -1;
    }
    if (getenv("CUT_LIE") || (journal && atomic_load(&dead))) return 0;
    int result = real(fd);
    if (result == 0) keep(fd, path);
    return result;
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

#define REFUSE_WHEN_FULL(fd)                                    \
    char path[PATH_MAX];                                        \
    if (watched(fd, path)) {                                    \
        count();                                                \
        if (is_full()) {                                        \
            errno = ENOSPC;                                     \
            return -1;                                          \
        }                                                       \
    }

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    REFUSE_WHEN_FULL(fd)
    return real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    REFUSE_WHEN_FULL(fd)
    return real(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    REFUSE_WHEN_FULL(fd)
    return real(fd, bytes, length, at);
}

/* A renamed file takes its durable copy along. */
int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    const char *folder = getenv("CUT_FOLDER");
    int result = real(from, to);
    if (result == 0 && folder && strncmp(from, folder, strlen(folder)) == 0) {
        char kept[PATH_MAX + 16], moved[PATH_MAX + 16];
        snprintf(kept, sizeof kept, "%s.durable", from);
        snprintf(moved, sizeof moved, "%s.durable", to);
        if (access(kept, F_OK) == 0) real(kept, moved);
    }
    return result;
}

int ftruncate(int fd, off_t length) {
    int (*real)(int, off_t) = dlsym(RTLD_NEXT, "ftruncate");
    char path[PATH_MAX];
    if (watched(fd, path)) count();
    return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    char path[PATH_MAX];
    if (watched(fd, path)) count();
    return real(fd, length);
}
