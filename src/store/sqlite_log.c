/* The write-ahead log: who brings it into the main file, and when.
 *
 * A PASSIVE checkpoint in a thread of its own every 200 ms keeps that work off
 * the commits. Under steady load PASSIVE never sees the log idle, so the log
 * would grow without end: past 32 MB the writer, every 64 commits, does a
 * RESTART itself, and past 128 MB (large bodies) at once. */
#include <errno.h>
#include <time.h>

#include "store/sqlite.h"

#define CHECKPOINT_MS 200
#define LOG_HIGH      (32u << 20)
#define LOG_TOO_HIGH  (128u << 20)
#define RESET_COMMITS 64u

void
sq_log_reset(struct store *s)
{
	/* Readers at work make it BUSY; the next try will do. */
	(void)sqlite3_busy_timeout(s->db, 20);
	(void)sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	(void)sqlite3_busy_timeout(s->db, 5000);
	s->since_reset = 0;
}

void
sq_log_grown(struct store *s)
{
	s->since_reset++;
	if ((s->wal_octets > LOG_HIGH && s->since_reset >= RESET_COMMITS) ||
	    (s->wal_octets > LOG_TOO_HIGH && s->since_reset > 2)) {
		sq_log_reset(s);
		return;
	}
	(void)pthread_mutex_lock(&s->mutex);
	if (!s->dirty) {
		s->dirty = true;
		(void)pthread_cond_signal(&s->cond);
	}
	(void)pthread_mutex_unlock(&s->mutex);
}

/* With the mutex held: sleep that long, or until told to stop. */
static void
doze(struct store *s, unsigned ms)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (long)ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	while (s->running && !s->paused &&
	       pthread_cond_timedwait(&s->cond, &s->mutex, &t) != ETIMEDOUT)
		;
}

/* With the mutex held, but for the work itself. A failure here loses nothing:
 * the log keeps what it has, and the writer meets the same disk. */
static void
checkpoint(struct store *s, sqlite3 **db)
{
	int log = 0, done = 0;
	if (*db == NULL && sqlite3_open_v2(s->path, db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			       NULL) != SQLITE_OK) {
		(void)sqlite3_close(*db);
		*db = NULL;
		return;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	int rc = sqlite3_wal_checkpoint_v2(
	    *db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &done);
	(void)pthread_mutex_lock(&s->mutex);
	if (rc == SQLITE_OK && done < log)
		s->dirty = true; /* a reader was in the way */
}

static void *
checkpointer(void *arg)
{
	struct store *s = arg;
	sqlite3 *db = NULL;
	(void)pthread_mutex_lock(&s->mutex);
	while (s->running) {
		if (s->paused && !s->parked) {
			(void)sqlite3_close(db);
			db = NULL;
			s->parked = true;
			(void)pthread_cond_broadcast(&s->cond);
		}
		if (!s->dirty || s->paused) {
			(void)pthread_cond_wait(&s->cond, &s->mutex);
			continue;
		}
		doze(s, CHECKPOINT_MS);
		if (!s->running || s->paused)
			continue;
		s->dirty = false;
		checkpoint(s, &db);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	(void)sqlite3_close(db);
	return NULL;
}

void
sq_checkpointer_pause(struct store *s)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->paused = true;
	(void)pthread_cond_broadcast(&s->cond);
	while (s->started && !s->parked)
		(void)pthread_cond_wait(&s->cond, &s->mutex);
	(void)pthread_mutex_unlock(&s->mutex);
}

void
sq_checkpointer_resume(struct store *s)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->paused = s->parked = false;
	(void)pthread_cond_broadcast(&s->cond);
	(void)pthread_mutex_unlock(&s->mutex);
}

enum err
sq_checkpointer_start(struct store *s, struct diag *d)
{
	s->running = true;
	int rc = pthread_create(&s->checkpointer, NULL, checkpointer, s);
	if (rc != 0)
		return diag_set(d, ERR_NOMEM, "",
		    "cannot start the thread that does checkpoints");
	s->started = true;
	return ERR_OK;
}

void
sq_checkpointer_stop(struct store *s)
{
	if (!s->started)
		return;
	(void)pthread_mutex_lock(&s->mutex);
	s->running = false;
	(void)pthread_cond_broadcast(&s->cond);
	(void)pthread_mutex_unlock(&s->mutex);
	(void)pthread_join(s->checkpointer, NULL);
	s->started = false;
}
