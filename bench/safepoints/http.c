/* SPDX-License-Identifier: BSD-2-Clause */
/* http.c - request heads: lines, names and values told apart, names looked up by hash */
#include "work.h"

static const char head[] =
	"GET /index/of/things?id=123456&order=up HTTP/1.1\r\nHost: www.example.org\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/102.0\r\n"
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
	"Accept-Language: en-US,en;q=0.5\r\nConnection: keep-alive\r\n"
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\r\n";

static const char *token(const char *p, const char *end, char stop, uint32_t *hash)
{
	uint32_t h = 2166136261u;

	for (; p < end && *p != stop && *p != '\r'; p++)
		h = (h ^ (uint8_t)(*p | 0x20)) * 16777619;
	*hash = h;
	return p;
}

static __attribute__((noinline)) uint64_t parse(const char *p, const char *end)
{
	uint64_t sum = 0;
	uint32_t h;

	for (int i = 0; i < 3; i++) {
		p = token(p, end, ' ', &h) + 1;
		sum += h;
	}
	for (p++; p < end && *p != '\r'; p += 2) {
		p = token(p, end, ':', &h);
		sum = sum * 5 + h;
		for (p++; p < end && *p == ' '; p++)
			;
		p = token(p, end, '\r', &h);
		sum ^= h;
	}
	return sum;
}

uint64_t WORK(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < 400; i++)
		sum += parse(head, head + sizeof(head) - 1 - i % 7);
	return sum;
}
