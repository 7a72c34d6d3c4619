// SPDX-License-Identifier: BSD-2-Clause
/*
 * client.c - rpcgen's client of calc.x: every procedure, and what comes back
 *
 *   client HOST PORT [CALLS]   PORT 0: rpcbind says it. So many calls besides, all checked.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calc.h"

static CLIENT *open_client(const char *host, int port, unsigned long version)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int sock = RPC_ANYSOCK;
	CLIENT *c;

	inet_pton(AF_INET, host, &to.sin_addr);
	c = port ? clntudp_create(&to, CALC, version, (struct timeval){ 2, 0 }, &sock) :
		   clnt_create(host, CALC, version, "udp");
	if (!c) {
		clnt_pcreateerror(host);
		exit(1);
	}
	return c;
}

static void check(int good, const char *what, CLIENT *c)
{
	if (good)
		return;
	clnt_perror(c, what);
	exit(1);
}

static void check_echo(CLIENT *c)
{
	everything in = { .i = -7, .u = 8, .h = -1LL << 40, .uh = ~0ULL, .b = TRUE, .c = BLUE,
			  .f = 1.5, .d = -2.25, .six = "sixth", .blob = { 3, "\0\1\2" },
			  .name = "a name of some length", .row = { 1, -2, 3 },
			  .corners = { { 1, 2 }, { -3, -4LL << 33 } }, .shades = { GREEN, BLUE } };
	everything *out = echo_1(&in, c);

	check(out && out->i == in.i && out->u == in.u && out->h == in.h && out->uh == in.uh &&
	      out->b == in.b && out->c == in.c && out->f == in.f && out->d == in.d &&
	      !memcmp(out->six, in.six, 6) && out->blob.blob_len == 3 &&
	      !memcmp(out->blob.blob_val, in.blob.blob_val, 3) && !strcmp(out->name, in.name) &&
	      !memcmp(out->row, in.row, sizeof(in.row)) &&
	      out->corners[1].x == -3 && out->corners[1].y == in.corners[1].y &&
	      out->corners[0].y == 2 && out->shades[1] == BLUE, "ECHO", c);
}

static void check_calls(CLIENT *c, int calls)
{
	args4 in = { .a = 1, .b = 2, .s = "ab" };
	unsigned int *res;

	for (int i = 0; i < calls; i++) {
		in.a = i;
		res = sum_1(&in, c);
		check(res && *res == (unsigned int)i + 2 + 'a' + 'b', "SUM", c);
	}
}

int main(int argc, char **argv)
{
	CLIENT *one = open_client(argv[1], atoi(argv[2]), CALC1);
	CLIENT *three = open_client(argv[1], atoi(argv[2]), CALC3);
	char *name = "O'Name";
	unsigned int n = 41, *res;
	char **text;
	bulk *many;

	check((res = inc_1(&n, one)) && *res == 42, "INC", one);
	check((res = inc_3(&n, three)) && *res == 44, "INC of version 3", three);
	check((text = name_1(&name, one)) && !strcmp(*text, name), "NAME", one);
	check(!!nothing_1(NULL, one), "NOTHING", one);
	check_echo(one);
	check((res = who_1(NULL, one)) && *res == 0, "WHO without credentials", one);
	one->cl_auth = authunix_create("machine", 1234, 99, 2, (gid_t[]){ 5, 6 });
	check((res = who_1(NULL, one)) && *res == 1234, "WHO", one);
	n = 1200;
	check((many = many_1(&n, one)) && many->bytes.bytes_len == 1200 &&
	      many->bytes.bytes_val[1199] == 'm', "MANY", one);
	n = 3000;
	check(!many_1(&n, one), "MANY of too much", one);
	check_calls(one, argc > 3 ? atoi(argv[3]) : 0);
	return 0;
}
