/* The function of RabbitMQ's sixth tutorial in C. Prints fib(n), and the nanoseconds it took. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t fib(uint64_t n)
{
    if (n == 0)
        return 0;
    if (n == 1)
        return 1;
    return fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fib N\n");
        return 2;
    }
    uint64_t n = strtoull(argv[1], NULL, 10);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    uint64_t value = fib(n);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long elapsed =
        (end.tv_sec - begin.tv_sec) * 1000000000LL + (end.tv_nsec - begin.tv_nsec);
    printf("%llu %lld\n", (unsigned long long)value, elapsed);
    return 0;
}
