#include "os/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/fs.h"

#define MEMFD_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum err
memfd_open(int *out_fd)
{
	int fd = memfd_create("kurir", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return fs_errno(errno);
	*out_fd = fd;
	return ERR_OK;
}

enum err
memfd_seal(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, MEMFD_SEALS) == 0)
		return ERR_OK;
	return errno == EBUSY ? ERR_DENIED : fs_errno(errno);
}

enum err
memfd_make(struct slice data, int *out_fd)
{
	int fd;
	enum err e = memfd_open(&fd);
	if (e != ERR_OK)
		return e;
	e = fs_write_all(fd, data);
	if (e == ERR_OK)
		e = memfd_seal(fd);
	if (e != ERR_OK) {
		close(fd);
		return e;
	}
	*out_fd = fd;
	return ERR_OK;
}

bool
memfd_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & MEMFD_SEALS) == MEMFD_SEALS;
}
