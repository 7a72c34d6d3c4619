/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cases.c - loops and functions of every kind that the pass tells apart, for pass.sh
 *
 * Prints its results on stdout, which must not depend on safepoints. Built with -DRUNTIME, every
 * safepoint calls: the call overwrites every register that C lets it, and counts how much work was
 * done since the last; the most is printed on stderr.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP __attribute__((noinline))
#define SHUNT_NO_SAFEPOINTS __attribute__((annotate("shunt_nopreempt")))

#ifdef RUNTIME
static uint32_t word = 1;
struct preempt_tls {
	const volatile uint32_t *look;
	uint32_t depth, skip; /* safepoint.S counts skip down */
};
extern _Thread_local struct preempt_tls shunt_tls;
_Thread_local struct preempt_tls shunt_tls = { &word };
static unsigned long calls;
unsigned long endless_rounds, endless_stop;
void shunt_safepoint_slow(void);

SHUNT_NO_SAFEPOINTS void shunt_safepoint_slow(void)
{
	calls++;
	if (endless_stop && calls >= endless_stop) {
		fprintf(stderr, "endless %lu\n", endless_rounds);
		exit(0);
	}
#if defined(__x86_64__)
	__asm__ volatile("mov $-1, %%rax; mov %%rax, %%rcx; mov %%rax, %%rdx; mov %%rax, %%rsi; "
			 "mov %%rax, %%rdi\n\tmov %%rax, %%r8; mov %%rax, %%r9; mov %%rax, %%r10; "
			 "mov %%rax, %%r11" ::
				 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
				   "cc");
#define X(n) __asm__ volatile("pcmpeqd %%xmm" #n ", %%xmm" #n ::: "xmm" #n);
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#ifdef __AVX__
	__asm__ volatile("vzeroall" ::: "xmm0");
#endif
#elif defined(__aarch64__)
#define V(n) __asm__ volatile("movi v" #n ".16b, #255" ::: "v" #n);
	V(0)
	V(1) V(2) V(3) V(4) V(5) V(6) V(7) V(16) V(17) V(18) V(19) V(20) V(31)
#define R(n) __asm__ volatile("mov x" #n ", #-1" ::: "x" #n);
		R(0) R(1) R(2) R(3) R(4) R(5) R(6) R(7) R(8) R(9) R(10) R(11) R(12) R(13) R(14)
			R(15) R(16) R(17)
#endif
}
#endif

KEEP int tiny(int a) { return a * 3 + 1; }

KEEP void saxpy(float *a, const float *b, float k, long n)
{
	for (long i = 0; i < n; i++)
		a[i] += k * b[i];
}

KEEP uint32_t hash(const uint8_t *s)
{
	uint32_t h = 5381;

	while (*s)
		h = h * 33 + *s++;
	return h;
}

struct item {
	struct item *next;
	long value;
};

KEEP long list(const struct item *p)
{
	long sum = 0;

	for (; p; p = p->next)
		sum += p->value;
	return sum;
}

KEEP long recursion(long n) { return n < 2 ? n : recursion(n - 1) + recursion(n - 2); }
KEEP long odd(unsigned long n);
KEEP long even(unsigned long n) { return n ? odd(n - 1) + 1 : 1; }
KEEP long odd(unsigned long n) { return n ? even(n - 1) * 3 : 0; }

SHUNT_NO_SAFEPOINTS static long excluded(long n)
{
	volatile long sum = 0;

	for (long i = 0; i < n; i++)
		sum += i;
	return sum;
}

KEEP long calls_excluded(long n) { return excluded(n) + 1; }

KEEP int by_goto(int n)
{
	int i = 0, sum = 0;

	if (n & 1)
		goto middle;
again:
	sum += i;
middle:
	sum ^= n;
	if (++i < n)
		goto again;
	return sum;
}

KEEP void matrix(const double *a, const double *b, double *c, int n)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			double sum = 0;

			for (int k = 0; k < n; k++)
				sum += a[i * n + k] * b[k * n + j];
			c[i * n + j] = sum;
		}
}

KEEP long steps(long from, long to, long by)
{
	long sum = 0;

	for (long i = from; i < to; i += by)
		sum = sum * 7 + (sum >> 3) + i;
	for (unsigned char i = 250; i > 3; i -= 3)
		sum = sum * 5 + i;
	for (int i = 100000; i-- > -5;)
		sum = sum * 3 + (sum >> 2) + i;
	return sum;
}

KEEP long interpret(const uint8_t *code, long times)
{
	static void *const op[] = { &&inc, &&twice, &&loop, &&end };
	const uint8_t *p = code;
	long v = 0;

	goto *op[*p++];
inc:	v++;
	goto *op[*p++];
twice:	v *= 2;
	goto *op[*p++];
loop:	if (--times)
		p = code;
	goto *op[*p++];
end:	return v;
}

KEEP long double extended(int n)
{
	long double x = 1;

	for (int i = 1; i < n; i++)
		x = x / 1.5L + i;
	return x;
}

/* Scans that are repeated by the pass: what is wanted after
 * them is the place, the next one, and both. */
KEEP long places(const int *v, long n, int pivot, const char *s)
{
	const int *p = v;
	const char *blank = s;
	long i = 0, j = n, sum = 0;
	unsigned int bits = 0xfffffff0;

	while (v[i] < pivot)
		i++;
	while (v[--j] > pivot)
		;
	while (*p++ != pivot)
		;
	for (; *s && *s != ':'; s++)
		if (*s == ' ')
			blank = s + 1;
	while (bits + n != 100)
		bits++;
	for (int k = 0; v[k] != pivot; k += 2)
		sum = sum * 3 + v[k + 1];
	return sum + i * 1000003 + j * 10007 + (p - v) * 101 + p[-1] + (blank - s) * 31 + *s + bits;
}

#ifdef RUNTIME
KEEP void endless(void)
{
	for (;;)
		(*(volatile unsigned long *)&endless_rounds)++;
}

/* Each scan may end just short of its safepoint. */
KEEP void endless_scans(const char *s)
{
	for (;;)
		for (const char *p = s; *p; p++)
			(*(volatile unsigned long *)&endless_rounds)++;
}
#endif

int main(int argc, char **argv)
{
	static float a[1003], b[1003];
	static double A[2500], B[2500], C[2500];
	static uint8_t text[3000];
	struct item *items = calloc(5000, sizeof(*items));
	double x = 0, y = 0;

#ifdef RUNTIME
	if (argc > 1) {
		endless_stop = calls + 3;
		if (!strcmp(argv[1], "scans"))
			endless_scans("words that end before a safepoint is passed");
		endless();
	}
#endif
	for (int i = 0; i < 1003; i++) {
		a[i] = (float)i;
		b[i] = (float)(2 * i);
	}
	saxpy(a, b, 3, 1003);
	for (int i = 0; i < 1003; i++)
		x += a[i];
	for (int i = 0; i < 5000; i++)
		items[i] = (struct item){ i ? &items[i - 1] : NULL, i };
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 2500; i++) {
		A[i] = i;
		B[i] = i % 7;
	}
	matrix(A, B, C, 50);
	for (int i = 0; i < 2500; i++)
		y += C[i] * i;
	printf("%f %u %ld %ld %ld %ld\n", x, hash(text), list(&items[4999]), recursion(18),
	       even(11), calls_excluded(1000));
	printf("%d %d %d %f\n", by_goto(1001), by_goto(1000), tiny(3), y);
	printf("%ld %ld %ld\n", steps(-7, 100000, 3), steps(5, 5, 1), steps(0, 1, 100));
	printf("%ld %.15Lg\n", interpret((const uint8_t *)"\0\1\0\2\3", 40), extended(3000));
	for (int i = 0; i < 7; i++) {
		static const int v[] = { 1, 2, 3, 1, 4, 5, 1, 2, 6, 5, 4, 9, 7, 8, 9, 8, 7, 20, 30,
					 40, 50 };

		printf("%ld\n",
		       places(v, 12 + i, v[2 * i + 2], &"GET /what/ever and more: x"[i * 4]));
	}
	free(items);
	(void)argv;
	return argc < 1;
}
