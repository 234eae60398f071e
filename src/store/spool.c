#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fs.h"
#include "store/sqlite.h"

#define CHUNK (256u * 1024)

enum err
spool_open(int dir, int *out_fd, struct diag *d)
{
	if (mkdirat(dir, "spool", 0700) != 0 && errno != EEXIST)
		return fs_fail(d, errno, "make", "spool");
	if (fsync(dir) != 0)
		return fs_fail(d, errno, "sync", "the directory of spool");
	return fs_open_dir(dir, "spool", out_fd, d);
}

void
spool_remove(int spool, id_t64 id)
{
	char name[ID_TEXT_LEN + 1];
	id_text(id, name);
	/* What stays behind is removed at the next start. */
	(void)unlinkat(spool, name, 0);
}

static enum err
sweep_one(int spool, const char *name, sqlite3_stmt *has_row, struct diag *d)
{
	id_t64 id;
	uint64_t known = 0;
	if (name[0] == '.' || id_parse(slice_str(name), &id) != ERR_OK)
		return ERR_OK; /* not ours: let it lie */
	sq_bind_u64(has_row, 1, id);
	int rc = sq_number(has_row, 0, &known);
	if (rc != SQLITE_OK)
		return sq_fail(sqlite3_db_handle(has_row), rc, "recover", d);
	if (known == 0)
		(void)unlinkat(spool, name, 0);
	return ERR_OK;
}

enum err
spool_sweep(int spool, sqlite3_stmt *has_row, struct diag *d)
{
	int fd = openat(spool, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		enum err e = fs_fail(d, errno, "read", "spool");
		fs_close(&fd);
		return e;
	}
	enum err e = ERR_OK;
	struct dirent *entry;
	while (e == ERR_OK && (entry = readdir(dir)) != NULL)
		e = sweep_one(spool, entry->d_name, has_row, d);
	(void)closedir(dir);
	return e;
}

static enum err
hash_all(int fd, EVP_MD_CTX *ctx, uint8_t *chunk, uint64_t max_octets,
    struct store_seal *out, struct diag *d)
{
	uint64_t size = 0;
	for (;;) {
		ssize_t n = pread(fd, chunk, CHUNK, (off_t)size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fs_fail(d, errno, "read", "a spool file");
		if (n == 0)
			break;
		size += (uint64_t)n;
		if (size > max_octets)
			return diag_set(d, ERR_LIMIT, "limit.size",
			    "the body is larger than announced");
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			return diag_set(d, ERR_NOMEM, "", "out of memory");
	}
	out->size = size;
	return EVP_DigestFinal_ex(ctx, out->hash, NULL) == 1
		   ? ERR_OK
		   : diag_set(d, ERR_NOMEM, "", "out of memory");
}

enum err
spool_hash(int fd, const EVP_MD *md, uint64_t max_octets,
    struct store_seal *out, struct diag *d)
{
	uint8_t *chunk = malloc(CHUNK);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum err e;
	if (chunk == NULL || ctx == NULL ||
	    EVP_DigestInit_ex(ctx, md, NULL) != 1)
		e = diag_set(d, ERR_NOMEM, "", "out of memory");
	else
		e = hash_all(fd, ctx, chunk, max_octets, out, d);
	EVP_MD_CTX_free(ctx);
	free(chunk);
	return e;
}

enum err
spool_read(int spool, id_t64 id, const EVP_MD *md,
    const struct store_seal *want, int *out_fd, struct diag *d)
{
	char name[ID_TEXT_LEN + 1];
	struct store_seal got;
	id_text(id, name);
	int fd = openat(spool, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return diag_set(d, ERR_CORRUPT, STORE_DAMAGED,
		    "the body's file %s is gone", name);
	if (fd < 0)
		return fs_fail(d, errno, "open", name);
	enum err e = spool_hash(fd, md, want->size, &got, d);
	if (e == ERR_LIMIT || (e == ERR_OK && (got.size != want->size ||
						  memcmp(got.hash, want->hash,
						      STORE_HASH_LEN) != 0)))
		e = diag_set(d, ERR_CORRUPT, STORE_DAMAGED,
		    "the body's file %s is not what was stored", name);
	if (e != ERR_OK)
		fs_close(&fd);
	else
		*out_fd = fd;
	return e;
}

enum err
store_spool_create(
    const struct store *s, id_t64 id, int *out_fd, struct diag *d)
{
	char name[ID_TEXT_LEN + 1];
	id_text(id, name);
	int fd = openat(s->spool, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fs_fail(d, errno, "make", name);
	*out_fd = fd;
	return ERR_OK;
}

/* A read lease is refused while anyone has the file open for writing, also
 * by a mapping or a descriptor still on its way through a socket; once
 * granted nobody but us can open it again, as the directory is ours. */
static enum err
seal(const struct store *s, int fd, const char *name, uint64_t max_octets,
    struct store_seal *out, struct diag *d)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fs_fail(d, errno, "read", name);
	if (!S_ISREG(st.st_mode))
		return diag_set(d, ERR_DENIED, "", "%s is no file", name);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) {
		if (errno == EAGAIN)
			return diag_set(d, ERR_AGAIN, "",
			    "somebody still writes to %s", name);
		return fs_fail(d, errno, "seal", name);
	}
	enum err e = spool_hash(fd, s->md, max_octets, out, d);
	if (e == ERR_OK && fsync(fd) != 0)
		e = fs_fail(d, errno, "sync", name);
	if (e == ERR_OK && fsync(s->spool) != 0)
		e = fs_fail(d, errno, "sync", "spool");
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return e;
}

enum err
store_spool_seal(const struct store *s, id_t64 id, uint64_t max_octets,
    struct store_seal *out, struct diag *d)
{
	char name[ID_TEXT_LEN + 1];
	id_text(id, name);
	int fd = openat(s->spool, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fs_fail(d, errno, "open", name);
	enum err e = seal(s, fd, name, max_octets, out, d);
	fs_close(&fd);
	return e;
}

void
store_spool_drop(const struct store *s, id_t64 id)
{
	spool_remove(s->spool, id);
}
