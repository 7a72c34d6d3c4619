// SPDX-License-Identifier: BSD-2-Clause
/*
 * core.c - one core of the wire lab over AF_PACKET: core IFNAME NUMBER NIC_MAC
 *
 * Speaks the whole of the core's side, plainly: HELLO, CREDIT, tokens. Serves shunt-spin's protocol
 * over IPv4. PARK=n: every n-th request is parked once before it is served. GROUP=n: its host's
 * number, of which the key is made. PROCESS=n: the process is that one of its host, whatever core
 * says it; else at random. Prints its counts as JSON when it ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <shunt/wire.h>

#include "key.h"
#include "spin.h"

#define REPEAT_NS 500000ULL    /* a credit below k */
#define SILENT_NS 20000000ULL  /* unheard: HELLO again */
#define FRAME 2048
#define QUEUE_BYTES (8 << 20)  /* a slow machine is behind by hundreds of frames */
#define RING 16
#define PARKED 64

struct job {
	__u32 seq, len, cls;
	__u64 token;      /* RESUME: of the parked one + 1 */
	__u16 payload;
	__u8 packet[FRAME];
};

static int sock;
static __u8 mac[6], nic_mac[6];
static __u32 number;
static __u64 nonce, process, cookie, nr;
static __u32 epoch, asked, nic_life; /* epoch and life that HELLO asks for */
static __u32 life, high, taken, open_, k, credit_bytes, ended;
static __u32 run;
static struct job ring[RING];
static unsigned int head, tail;
static struct { int used; __u32 seq; __u64 gen; int acked; struct job job; } parked[PARKED];
static __u32 parks[PARKED], nparks; /* numbers that are not acknowledged, oldest first */
static __u64 park_every, count_got, count_old, count_served, count_parked, count_resumed;
static __u64 count_bad_token, count_credits, count_welcomes, count_refused, count_preempts,
	count_stale;
static struct shunt_key key;
static __u64 credit_ns, heard_ns, busy_ns, count_refused;
static __u32 last_cls;
static struct { __u32 timed; __u64 ns, sq; } service[SHUNT_CLASSES];
static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

static struct shunt_wire wire(__u8 type, __u16 bytes)
{
	struct shunt_wire w = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
				.type = type,
				.core = number, .bytes = bytes, .epoch = epoch, .cookie = cookie };

	memcpy(w.to, nic_mac, 6);
	memcpy(w.from, mac, 6);
	return w;
}

static __u64 random_word(void)
{
	__u64 word = 0;

	while (!word && getrandom(&word, sizeof(word), 0) < 0)
		;
	return word;
}

static void hello(void)
{
	struct shunt_wire_hello h = { .w = wire(SHUNT_WIRE_HELLO, sizeof(h)), .nonce = nonce,
				      .life = nic_life,
				      .process = process };

	h.w.epoch = asked;
	h.w.cookie = 0;
	h.proof = shunt_prove(&key, &h);
	send(sock, &h, sizeof(h), 0);
	heard_ns = now_ns(CLOCK_MONOTONIC); /* not again at once */
}

static void credit(void)
{
	struct shunt_wire_credit c = {
		.w = wire(SHUNT_WIRE_CREDIT, sizeof(c)), .nr = ++nr, .high = high, .taken = taken,
		.open = open_, .run = run, .busy_ns = busy_ns, .done = ended,
		.cls = last_cls, .timed = service[last_cls].timed,
		.service_ns = service[last_cls].ns, .service_sq = service[last_cls].sq,
	};
	__u8 frame[FRAME] = { 0 };

	if (nparks) {
		c.park = parked[parks[0]].seq;
		c.token = parked[parks[0]].gen << 8 | parks[0];
	}
	memcpy(frame, &c, sizeof(c));
	send(sock, frame, credit_bytes < SHUNT_WIRE_MIN ? sizeof(c) + 16 : credit_bytes, 0);
	credit_ns = now_ns(CLOCK_MONOTONIC);
	count_credits++;
}

static void advance(__u32 to)
{
	__u32 by = to - high;

	taken = by < 32 ? taken << by : 0;
	open_ = by < 32 ? open_ << by : 0;
	high = to;
}

static void close_seq(__u32 seq)
{
	if (high - seq < 32)
		open_ &= ~(1u << (high - seq));
}

static void acknowledge(__u32 seq)
{
	if (!seq || !nparks || parked[parks[0]].seq != seq)
		return;
	close_seq(seq);
	parked[parks[0]].acked = 1;
	if (parked[parks[0]].used == 2)
		parked[parks[0]].used = 0;
	memmove(parks, parks + 1, --nparks * sizeof(*parks));
}

static void take(const __u8 *frame, __u32 len)
{
	struct shunt_wire_request r;
	struct job *j;

	if (len < sizeof(r))
		return;
	memcpy(&r, frame, sizeof(r));
	acknowledge(r.ack);
	if ((__s32)(r.seq - high) <= 0) {
		count_old++;
		return;
	}
	if (tail - head == RING)
		return; /* not taken: number not moved, it will be told */
	advance(r.seq);
	taken |= 1;
	open_ |= 1;
	count_got++;
	j = &ring[tail++ % RING];
	j->seq = r.seq;
	j->payload = r.payload;
	j->cls = r.cls % SHUNT_CLASSES;
	j->token = 0;
	j->len = r.w.bytes - sizeof(r);
	if (r.w.type == SHUNT_WIRE_RESUME) {
		j->token = r.token + 1;
		j->len = 0;
	} else if (r.w.bytes > len || r.w.bytes < sizeof(r) || j->len > FRAME) {
		j->len = 0;
	} else {
		memcpy(j->packet, frame + sizeof(r), j->len);
	}
}

/*
 * Another epoch begins. Parked requests whose tokens were acknowledged stay, for those tokens may
 * be queued at the NIC; so does the oldest of the others, whose token may have arrived; later
 * tokens were never said. A NIC of another life has no tokens.
 */
static void keep_parked(__u32 of)
{
	for (__u32 i = 0; i < nparks; i++) {
		if (i || parked[parks[i]].used == 2)
			parked[parks[i]].used = 0;
		parked[parks[i]].acked = 1;
	}
	nparks = 0;
	for (int i = 0; i < PARKED && of != life; i++)
		parked[i].used = 0;
	life = of;
}

/* The NIC says which are the present epoch, life and process: the next ones, then. */
static void hear_refuse(const struct shunt_wire_refuse *r)
{
	count_refused++;
	if (r->reason != SHUNT_WIRE_OLDER)
		return;
	asked = r->w.epoch + 1;
	nic_life = r->life;
	nonce = random_word();
	/* Several cores make a process: another core of it may have said its number first. */
	if ((__u32)r->process != (__u32)process)
		process = SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(r->process) + 1, process);
	else
		process = r->process;
	hello();
}

static void hear_welcome(const struct shunt_wire_welcome *h)
{
	heard_ns = now_ns(CLOCK_MONOTONIC);
	if (h->w.cookie == cookie)
		return;
	/* Requests under way belonged to an epoch that the NIC has forgotten. */
	epoch = h->w.epoch;
	cookie = h->w.cookie;
	k = h->k;
	credit_bytes = h->credit;
	high = taken = open_ = nr = ended = 0;
	memset(service, 0, sizeof(service));
	head = tail;
	keep_parked(h->life);
	count_welcomes++;
	credit();
}

/* An answer to the last HELLO, of who has the key. */
static void hear_answer(const __u8 *frame, __u32 len)
{
	struct shunt_wire_refuse r; /* WELCOME begins and ends like it */
	struct shunt_wire_welcome w;

	if (len < sizeof(r))
		return;
	memcpy(&r, frame, sizeof(r));
	memcpy(&w, frame, sizeof(w));
	if (r.nonce != nonce || r.proof != shunt_prove(&key, &r))
		count_stale++;
	else if (r.w.type == SHUNT_WIRE_REFUSE)
		hear_refuse(&r);
	else
		hear_welcome(&w);
}

static void receive(void)
{
	__u8 frame[FRAME];
	struct shunt_wire w;
	ssize_t n;

	while ((n = recv(sock, frame, sizeof(frame), MSG_DONTWAIT)) >= (ssize_t)sizeof(w)) {
		memcpy(&w, frame, sizeof(w));
		if (w.proto != htons(SHUNT_WIRE_PROTO) || memcmp(w.to, mac, 6) ||
		    w.version != SHUNT_WIRE)
			continue;
		if (w.type == SHUNT_WIRE_WELCOME || w.type == SHUNT_WIRE_REFUSE) {
			hear_answer(frame, n);
			continue;
		}
		if (!cookie || w.cookie != cookie || w.epoch != epoch) {
			count_stale++;
			continue;
		}
		heard_ns = now_ns(CLOCK_MONOTONIC);
		if (w.type == SHUNT_WIRE_REQUEST || w.type == SHUNT_WIRE_RESUME) {
			take(frame, n);
		} else if (w.type == SHUNT_WIRE_NOTE) {
			struct shunt_wire_note note;

			memcpy(&note, frame, sizeof(note));
			acknowledge(note.ack);
			if (note.skip && (__s32)(note.skip - high) > 0)
				advance(note.skip);
			credit();
		} else if (w.type == SHUNT_WIRE_PREEMPT) {
			count_preempts++;
		}
	}
}

/* Sends the reply: destination is who asked, source is this function. */
static void reply(struct job *j)
{
	__u8 client[6];

	memcpy(client, j->packet + 6, 6);
	spin_serve(j->packet, j->len, j->payload);
	memcpy(j->packet, client, 6);
	memcpy(j->packet + 6, mac, 6);
	if (send(sock, j->packet, j->len, 0) == (ssize_t)j->len)
		count_served++;
}

static int park(struct job *j)
{
	for (int i = 0; i < PARKED; i++) {
		if (parked[i].used || nparks == PARKED)
			continue;
		parked[i].used = 1;
		parked[i].acked = 0;
		parked[i].seq = j->seq;
		parked[i].gen++;
		parked[i].job = *j;
		parks[nparks++] = i;
		count_parked++;
		return 1;
	}
	return 0;
}

static void run_one(void)
{
	struct job *j = &ring[head++ % RING];
	__u64 began = now_ns(CLOCK_MONOTONIC), token = j->token - 1, took;
	int i = token & 0xff;

	run = j->seq;
	if (j->token) {
		if (i >= PARKED || parked[i].used != 1 || parked[i].gen != token >> 8) {
			count_bad_token++;
		} else {
			reply(&parked[i].job);
			/* The place is free again once the NIC's acknowledgement is in, too. */
			parked[i].used = parked[i].acked ? 0 : 2;
			count_resumed++;
		}
	} else if (park_every && count_got % park_every == 0 && park(j)) {
		run = 0;
		credit(); /* its number stays open until the token is acknowledged */
		return;
	} else {
		reply(j);
	}
	took = now_ns(CLOCK_MONOTONIC) - began;
	busy_ns += took;
	last_cls = j->cls;
	service[last_cls].timed++;
	service[last_cls].ns += took;
	service[last_cls].sq += took * took;
	close_seq(j->seq);
	ended++;
	run = 0;
	credit();
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(SHUNT_WIRE_PROTO) };
	struct ifreq ifr = { 0 };
	int queue = QUEUE_BYTES;

	if (argc != 4 || sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", nic_mac, nic_mac + 1,
				nic_mac + 2, nic_mac + 3, nic_mac + 4, nic_mac + 5) != 6)
		return 2;
	signal(SIGTERM, on_signal);
	number = atoi(argv[2]);
	park_every = getenv("PARK") ? atoi(getenv("PARK")) : 0;
	nonce = random_word();
	asked = 1;
	process = SHUNT_WIRE_PROCESS(1, getenv("PROCESS") ? strtoul(getenv("PROCESS"), NULL, 0)
							  : random_word());
	key = lab_key(getenv("GROUP") ? atoi(getenv("GROUP")) : 0);
	at.sll_ifindex = if_nametoindex(argv[1]);
	sock = socket(AF_PACKET, SOCK_RAW, htons(SHUNT_WIRE_PROTO));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", argv[1]);
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) ||
	    bind(sock, (struct sockaddr *)&at, sizeof(at)) || ioctl(sock, SIOCGIFHWADDR, &ifr)) {
		perror("core");
		return 1;
	}
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	if (getenv("MAC")) /* a forger */
		sscanf(getenv("MAC"), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2,
		       mac + 3, mac + 4, mac + 5);
	hello();
	while (!stop) {
		struct pollfd p = { .fd = sock, .events = POLLIN };
		__u64 now;

		receive();
		now = now_ns(CLOCK_MONOTONIC); /* after heard_ns */
		if (head != tail) {
			run_one();
			continue;
		}
		if (now - heard_ns > SILENT_NS)
			hello();
		if (cookie && now - credit_ns > REPEAT_NS &&
		    (__u32)__builtin_popcount(open_) - nparks < k)
			credit();
		poll(&p, 1, 1);
	}
	printf("{\"got\":%llu,\"old\":%llu,\"served\":%llu,\"parked\":%llu,\"resumed\":%llu,"
	       "\"bad_token\":%llu,\"credits\":%llu,\"welcomes\":%llu,\"refused\":%llu,"
	       "\"preempts\":%llu,\"stale\":%llu}\n",
	       count_got, count_old, count_served, count_parked, count_resumed, count_bad_token,
	       count_credits, count_welcomes, count_refused, count_preempts, count_stale);
	return 0;
}
