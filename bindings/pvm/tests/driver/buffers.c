/* Part of the driver: buffers, packing and unpacking in each encoding. */

#include "driver.h"

static char bytes[16] = "abcdefghijklmno";
static short shorts[8] = { 1, 2, -3, 4, 5, 6, 7, 8 };
static int ints[8] = { 1, 2, 3, 4, -5 };
static long longs[4] = { 1, 70000, 2000000000, 4 };
static float floats[8] = { 1.5, 2 };
static double doubles[8] = { 3.25 };

static void pack(int id)
{
	P(length(id));
	P(pvm_pkbyte(bytes, 3, 1));
	P(length(id));
	P(pvm_pkbyte(bytes, 4, 2));
	P(length(id));
	P(pvm_pkshort(shorts, 3, 1));
	P(length(id));
	P(pvm_pkushort((unsigned short *)shorts, 1, 1));
	P(length(id));
	P(pvm_pkint(ints, 3, 1));
	P(length(id));
	P(pvm_pkint(ints, 3, 2));
	P(length(id));
	P(pvm_pkuint((unsigned *)ints, 1, 1));
	P(length(id));
	P(pvm_pklong(longs, 2, 1));
	P(length(id));
	P(pvm_pkulong((unsigned long *)longs, 1, 1));
	P(length(id));
	P(pvm_pkfloat(floats, 3, 1));
	P(length(id));
	P(pvm_pkdouble(doubles, 2, 1));
	P(length(id));
	P(pvm_pkcplx(floats, 2, 1));
	P(length(id));
	P(pvm_pkdcplx(doubles, 2, 1));
	P(length(id));
	P(pvm_pkstr("hello"));
	P(length(id));
	P(pvm_pkstr(""));
	P(length(id));
	P(pvm_pkint(ints, 0, 1));
	P(pvm_pkint(ints, -1, 1));
	P(length(id));
	P(pvm_packf("%d %2hd %lf %s %*d", 7, shorts, 2.5, "xyz", 2, ints));
	P(length(id));
}

static void unpack(int placed)
{
	char text[64] = "";
	short s[8] = { 0 };
	int i[8] = { 0 };
	long l[4] = { 0 };
	float f[8] = { 0 };
	double d[8] = { 0 };

	P(pvm_upkbyte(text, 3, 1));
	if (!placed)
		P(pvm_upkbyte(text + 3, 4, 1));
	S(text);
	P(pvm_upkshort(s, 3, 1));
	P(s[2]);
	P(pvm_upkushort((unsigned short *)s, 1, 1));
	if (!placed)
		P(pvm_upkint(i, 3, 2));
	P(i[4]);
	P(pvm_upkint(i, 3, 1));
	P(i[2]);
	P(pvm_upkuint((unsigned *)i, 1, 1));
	P(pvm_upklong(l, 2, 1));
	P((int)l[1]);
	P(pvm_upkulong((unsigned long *)l, 1, 1));
	P(pvm_upkfloat(f, 3, 1));
	P((int)(f[0] * 2));
	P(pvm_upkdouble(d, 2, 1));
	P((int)(d[0] * 4));
	P(pvm_upkcplx(f, 2, 1));
	P((int)(f[1] * 2));
	P(pvm_upkdcplx(d, 2, 1));
	if (placed)
		return;
	P(pvm_upkstr(text));
	S(text);
	P(pvm_upkstr(text));
	S(text);
	P(pvm_unpackf("%d %2hd %lf %s %*d", i, s, d, text, 2, i + 1));
	P(i[0]);
	P(s[1]);
	P((int)(d[0] * 2));
	S(text);
	P(i[2]);
}

static void encodings(void)
{
	struct pvmminfo info;
	char text[64];
	int how, id, value;

	for (how = -1; how < 6; how++) {
		printf("--- encoding %d\n", how);
		B(id = pvm_initsend(how));
		if (id < 0 || how == PvmDataTrace)
			continue;
		pack(id);
		memset(&info, 0x55, sizeof info);
		P(pvm_getminfo(id, &info));
		P(info.len);
		P(info.enc);
		P(info.tag);
		P(info.ctx);
		P(info.src == pvm_mytid());
		id = round_trip(5);
		P(length(id));
		P(pvm_getminfo(id, &info));
		P(info.enc);
		P(info.tag);
		P(info.wid);
		P(info.src == pvm_mytid());
		P(info.dst == pvm_mytid());
		unpack(how == PvmDataInPlace);
		P(pvm_upkbyte(text, 1, 1));
		P(pvm_upkint(&value, 1, 1));
		P(pvm_upkstr(text));
		P(pvm_errno);
	}
}

static void beyond(void)
{
	int values[4] = { 1, 2, 3, 4 };
	unsigned short u[2];
	short s[2] = { -1, 2 };
	char text[64];

	printf("--- beyond the end\n");
	pvm_initsend(0);
	P(pvm_pkint(values, 2, 1));
	round_trip(6);
	P(pvm_upkint(values, 3, 1));
	P(pvm_upkint(values, 1, 1));
	round_trip(6);
	P(pvm_upkint(values, 1, 1));
	P(pvm_upkdouble((double *)text, 1, 1));
	P(pvm_upkshort(s, 1, 1));
	pvm_initsend(0);
	s[0] = -1;
	P(pvm_pkshort(s, 1, 1));
	round_trip(6);
	P(pvm_upkushort(u, 1, 1));
	P(u[0]);
	P(pvm_packf("%q", 1));
	P(pvm_packf("abc"));
	P(pvm_packf(""));
	P(pvm_packf("%+ %uhd", PvmDataRaw, 5));
	P(length(pvm_getsbuf()));
	P(pvm_packf("%c", 'a'));
	P(length(pvm_getsbuf()));
	P(pvm_packf("%ld%hd%f%lf%s", 5L, 3, 1.5, 2.5, "q"));
	P(length(pvm_getsbuf()));
	P(pvm_packf("%x", values));
	P(length(pvm_getsbuf()));
}

static void current(void)
{
	struct pvmminfo info = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int values[4] = { 1, 2, 3, 4 };
	int a, b, c, value = 0;

	printf("--- current buffers\n");
	P(pvm_freebuf(0));
	P(pvm_freebuf(-1));
	P(pvm_freebuf(9999));
	P(pvm_setsbuf(-1));
	P(pvm_setsbuf(9999));
	P(pvm_setrbuf(9999));
	P(pvm_setrbuf(-4));
	P(pvm_bufinfo(0, NULL, NULL, NULL));
	P(pvm_bufinfo(9999, NULL, NULL, NULL));
	P(pvm_mkbuf(77));
	B(a = pvm_mkbuf(0));
	P(pvm_bufinfo(a, NULL, NULL, NULL));
	B(pvm_setsbuf(a));
	P(pvm_pkint(values, 2, 1));
	P(pvm_pkmesg(a));
	P(pvm_pkmesg(-1));
	P(pvm_pkmesg(12345));
	b = pvm_initsend(0);
	P(length(a) == -16 || a == b);
	a = pvm_mkbuf(1);
	pvm_setsbuf(a);
	pvm_pkint(values, 2, 1);
	pvm_setsbuf(b);
	P(pvm_setminfo(a, &info));
	P(pvm_pkmesg(a));
	P(length(b));
	P(pvm_pkmesgbody(a));
	c = pvm_mkbuf(0);
	pvm_setsbuf(c);
	pvm_pkint(values, 3, 1);
	pvm_setsbuf(b);
	P(pvm_pkmesgbody(c));
	P(length(b));
	a = round_trip(8);
	B(b = pvm_upkmesg());
	P(pvm_getminfo(b, &info));
	P(info.len);
	P(info.ctx);
	P(info.tag);
	P(info.wid);
	P(info.enc);
	P(info.src);
	P(info.dst);
	P(pvm_setrbuf(b) == a);
	P(pvm_upkint(&value, 1, 1));
	P(value);
	P(pvm_setrbuf(a) == b);
	P(pvm_setsbuf(0) > 0);
	P(pvm_pkint(values, 1, 1));
	P(pvm_send(pvm_mytid(), 1));
	P(pvm_mcast(values, 1, 1));
	P(pvm_setrbuf(0) == a);
	P(pvm_upkint(&value, 1, 1));
}

static void reused(void)
{
	int a, b, c, value = 77;

	printf("--- buffers used again\n");
	a = pvm_mkbuf(0);
	pvm_setsbuf(a);
	P(pvm_pkint(&value, 1, 1));
	P(pvm_setrbuf(a));
	value = 0;
	P(pvm_upkint(&value, 1, 1));
	P(value);
	P(pvm_getsbuf() == a);
	P(pvm_pkint(&value, 1, 1));
	pvm_initsend(0);
	pvm_pkint(&value, 1, 1);
	P(pvm_send(pvm_mytid(), 41));
	P(pvm_pkint(&value, 1, 1));
	P(pvm_send(pvm_mytid(), 41));
	P(length(pvm_recv(-1, 41)));
	b = pvm_recv(-1, 41);
	P(length(b));
	B(pvm_setsbuf(b));
	P(length(round_trip(42)));
	B(pvm_setsbuf(pvm_getrbuf()));
	P(pvm_pkint(&value, 1, 1));
	P(length(pvm_getsbuf()));
	pvm_initsend(0);
	for (value = 0; value < 3; value++)
		pvm_send(pvm_mytid(), 30);
	a = pvm_recv(-1, 30);
	b = pvm_recv(-1, 30);
	P(pvm_bufinfo(b, NULL, NULL, NULL));
	pvm_setrbuf(0);
	c = pvm_recv(-1, 30);
	P(pvm_bufinfo(b, NULL, NULL, NULL));
	P(pvm_setrbuf(b) == c);
	P(pvm_bufinfo(c, NULL, NULL, NULL));
	P(pvm_nrecv(-1, 30));
	P(pvm_getrbuf());
	P(pvm_freebuf(b));
	P(pvm_freebuf(c));
	P(pvm_initsend(1) > 0);
	P(pvm_initsend(99));
	P(pvm_getsbuf() > 0);
	P(pvm_freebuf(pvm_getsbuf()));
	P(pvm_getsbuf());
}

void buffers(void)
{
	int value = 1;

	P(pvm_getsbuf());
	P(pvm_getrbuf());
	P(pvm_pkint(&value, 1, 1));
	P(pvm_upkint(&value, 1, 1));
	encodings();
	beyond();
	current();
	reused();
}
