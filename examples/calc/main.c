/* The program calc: an expression in, its value out. */
#include "calc.h"
#include "lib/small.h"
#include "version.h"
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *text;
    struct tree *tree;

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(VERSION);
        return 0;
    }
    if (argc != 2)
        die("calc EXPRESSION");
    text = argv[1];
    tree = read_sum(&text);
    if (*text)
        die("more than an expression");
    print(eval(tree));
    return 0;
}
