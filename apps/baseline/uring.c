// SPDX-License-Identifier: BSD-2-Clause
/*
 * uring.c - io_uring over UDP sockets, one a thread: one multishot receive fills buffers, replies
 * leave several at a time
 *
 * Tuned as its authors advise: one issuer and deferred completions (the kernel never interrupts the
 * thread; a flag in shared memory says that there is work, so a spinning thread makes no system
 * call in vain), a ring of buffers, a registered file. A reply is built in its request's buffer and
 * leaves from there.
 */
#include <stdio.h>

#include "baseline.h"

#ifdef BASELINE_URING
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../gap.h"
#include "clock.h"

#define ENTRIES 256
#define BUFFERS 1024 /* a power of two; each holds a request or its reply */
#define BUFFER 2048
#define KICK 16
#define RECEIVE BUFFERS /* the receive's mark; a reply's is the number of its buffer */
#define WAIT_NS 100000000 /* how soon a blocked thread sees that it is to end */

struct uring {
	struct io_uring ring;
	struct io_uring_buf_ring *free;
	char *buffer;
	struct msghdr received;       /* the sizes of a sender's address and of further data */
	struct msghdr reply[BUFFERS]; /* of the request in that buffer */
	struct iovec piece[BUFFERS];
	uint64_t began; /* when the work on the present request began */
	int fd, unsent, kick;
};

static int failed;

static void *map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The kernel may receive into that buffer again. */
static void give_back(struct uring *u, unsigned int nr)
{
	io_uring_buf_ring_add(u->free, u->buffer + nr * BUFFER, BUFFER, nr,
			      io_uring_buf_ring_mask(BUFFERS), 0);
	io_uring_buf_ring_advance(u->free, 1);
}

static struct io_uring_sqe *entry(struct uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	while (!sqe) {
		io_uring_submit(&u->ring);
		sqe = io_uring_get_sqe(&u->ring);
	}
	return sqe;
}

/* Stays in force until a completion without IORING_CQE_F_MORE. */
static void receive(struct uring *u)
{
	struct io_uring_sqe *sqe = entry(u);

	io_uring_prep_recvmsg_multishot(sqe, 0, &u->received, 0);
	sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
	sqe->buf_group = 0;
	io_uring_sqe_set_data64(sqe, RECEIVE);
}

static void kick(struct uring *u)
{
	io_uring_submit(&u->ring);
	gap_sent(u->unsent);
	u->unsent = 0;
}

static void emit(void *ctx, const void *datagram, size_t len)
{
	const struct msghdr *to = ctx;
	struct uring *u = to->msg_control; /* see serve() */

	sendto(u->fd, datagram, len, MSG_DONTWAIT, to->msg_name, to->msg_namelen);
}

static void reply(struct uring *u, unsigned int nr, size_t len)
{
	struct io_uring_sqe *sqe = entry(u);

	u->piece[nr].iov_len = len;
	u->reply[nr].msg_control = NULL;
	io_uring_prep_sendmsg(sqe, 0, &u->reply[nr], MSG_DONTWAIT);
	sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(sqe, nr);
	if (++u->unsent >= u->kick || clock_ns() - u->began > LONG_NS)
		kick(u);
}

static void serve(struct uring *u, unsigned int nr, int received)
{
	struct io_uring_recvmsg_out *out =
		io_uring_recvmsg_validate(u->buffer + nr * BUFFER, received, &u->received);
	char *data = out ? io_uring_recvmsg_payload(out, &u->received) : NULL;
	struct msghdr *to = &u->reply[nr];
	size_t len = 0;

	if (out) {
		u->began = clock_ns();
		u->piece[nr] = (struct iovec){ data, 0 };
		*to = (struct msghdr){ .msg_name = io_uring_recvmsg_name(out),
				       .msg_namelen = out->namelen, .msg_iov = &u->piece[nr],
				       .msg_iovlen = 1, .msg_control = u };
		len = app_handle(&app, data,
				 io_uring_recvmsg_payload_length(out, received, &u->received), data,
				 u->buffer + (nr + 1) * BUFFER - data, 0, emit, to);
	}
	if (len)
		reply(u, nr, len);
	else
		give_back(u, nr);
}

/* A request that was received, or a reply that left. */
static void take(struct uring *u, const struct io_uring_cqe *cqe)
{
	if (cqe->user_data != RECEIVE) {
		give_back(u, cqe->user_data);
		return;
	}
	if (cqe->flags & IORING_CQE_F_BUFFER)
		serve(u, cqe->flags >> IORING_CQE_BUFFER_SHIFT, cqe->res);
	if (!(cqe->flags & IORING_CQE_F_MORE)) /* no buffer was free */
		receive(u);
}

/* Completions that are there; their entries are free before the work on the next begins. */
static bool take_all(struct uring *u)
{
	struct io_uring_cqe *cqe;
	bool some = false;

	while (!io_uring_peek_cqe(&u->ring, &cqe)) {
		struct io_uring_cqe copy = *cqe;

		io_uring_cqe_seen(&u->ring, cqe);
		take(u, &copy);
		some = true;
	}
	return some;
}

static void loop(struct uring *u, bool spin)
{
	struct __kernel_timespec wait = { .tv_nsec = WAIT_NS };
	struct io_uring_cqe *cqe;

	while (!stop) {
		bool some = take_all(u);

		if (some || io_uring_sq_ready(&u->ring)) {
			kick(u);
			continue;
		}
		if (spin) {
			gap_idle();
			continue;
		}
		io_uring_wait_cqe_timeout(&u->ring, &cqe, &wait);
		gap_slept();
	}
}

static int open_ring(struct uring *u)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE,
		.cq_entries = 4 * BUFFERS,
	};
	struct io_uring_buf_reg reg = { .ring_entries = BUFFERS };
	int err = io_uring_queue_init_params(ENTRIES, &u->ring, &p);

	if (err)
		return err;
	io_uring_register_ring_fd(&u->ring);
	u->free = map(BUFFERS * sizeof(struct io_uring_buf));
	u->buffer = map(BUFFERS * BUFFER);
	if (!u->free || !u->buffer)
		return -ENOMEM;
	reg.ring_addr = (uintptr_t)u->free;
	err = io_uring_register_buf_ring(&u->ring, &reg, 0);
	if (!err)
		err = io_uring_register_files(&u->ring, &u->fd, 1);
	if (err)
		return err;
	for (unsigned int i = 0; i < BUFFERS; i++)
		give_back(u, i);
	return 0;
}

/* The ring is the thread's that made it. */
static void serve_ring(const struct options *o, int nr)
{
	struct uring *u = map(sizeof(*u));
	int err = u ? 0 : -ENOMEM;

	if (!err) {
		u->kick = o->kick ? o->kick : KICK;
		u->received.msg_namelen = sizeof(struct sockaddr_in6);
		u->fd = udp_socket(o, true);
		err = u->fd < 0 ? -errno : open_ring(u);
	}
	if (err) {
		fprintf(stderr, PROGRAM ": uring: %s\n", strerror(-err));
		failed = stop = 1;
		return;
	}
	receive(u);
	loop(u, o->spin);
	io_uring_queue_exit(&u->ring);
}

int run_uring(const struct options *o)
{
	int status = threads_run(o, 0, serve_ring);

	return status ? status : failed;
}
#else
int run_uring(const struct options *o)
{
	fprintf(stderr, PROGRAM ": uring: skipped: built without liburing; make deps has it\n");
	return 77;
}
#endif
