/*
 * The metric parser: a golden table of lines as training frameworks print them, each with what is
 * read from it; whole transcripts with steps, progress bars and both levels; and lines that must
 * not be read at all.
 */
#include "support/support.h"

#include "worker/parse.h"
#include "worker/scan.h"
#include "worker/tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *line, *metric;
    double value; /* NAN counts as equal to NaN */
    long step;    /* -1: none on the line */
};

static const struct row rows[] = {
    /* the forms docs/WORKER.md names */
    {"loss=0.3", "loss", 0.3, -1},
    {"val_loss: 1.3e-1", "val_loss", 0.13, -1},
    {"{'eval_loss': 0.42}", "eval_loss", 0.42, -1},
    {"{\"step\": 7, \"val_loss\": 0.31}", "val_loss", 0.31, 7},
    {"[10]\teval-rmse:0.42", "eval-rmse", 0.42, 10},
    {"valid_0's l2: 0.241", "l2", 0.241, -1},
    {"valid_0's l2: 0.241", "valid_0's l2", 0.241, -1},
    {"val/loss = nan", "val/loss", NAN, -1},
    {"epoch 3 val_loss=0.31", "val_loss", 0.31, 3},
    /* xgboost, lightgbm, catboost */
    {"[0]\ttrain-logloss:0.48209\teval-logloss:0.51385", "eval-logloss", 0.51385, 0},
    {"[199]\ttrain-rmse:0.01\teval-rmse:2.1e-05", "eval-rmse", 2.1e-05, 199},
    {"[50]\ttraining's auc: 0.99\tvalid_1's auc: 0.87", "auc", 0.87, 50},
    {"[100]\tcv_agg's binary_logloss: 0.2133 + 0.0123", "binary_logloss", 0.2133, 100},
    {"12:\tlearn: 0.6930\ttest: 0.6931\tbest: 0.6931 (12)\ttotal: 52ms", "test", 0.6931, -1},
    /* keras */
    {"32/32 - 1s - loss: 0.6931 - accuracy: 0.5 - val_loss: 0.69 - val_accuracy: 0.51 - 1s/epoch",
     "val_accuracy", 0.51, -1},
    {"313/313 \x1b[32m━━━━━━\x1b[0m \x1b[37m\x1b[0m 1s 2ms/step - accuracy: 0.9 - loss: 0.31",
     "loss", 0.31, -1},
    {"Epoch 3/10", "none", 0, 3},
    {"Epoch 00012: val_loss improved from 0.5 to 0.4, saving", "none", 0, 12},
    /* torch examples, ignite, fairseq, timm */
    {"Epoch: [3][ 10/5005]\tTime  0.3 ( 0.4)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.25 (  0.11)",
     "Loss", 6.9, 3},
    {" * Acc@1 76.130 Acc@5 92.862", "Acc@1", 76.13, -1},
    {"Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.250000", "Loss", 0.25, 2},
    {"Test set: Average loss: 0.0270, Accuracy: 9907/10000 (99%)", "loss", 0.0270, -1},
    {"2026-11-23 10:00:00 | INFO | train | epoch 004 | loss 5.5 | ppl 45.25 | num_updates 400",
     "ppl", 45.25, 4},
    {"Train: 7 [ 100/1251 (  8%)]  Loss: 6.93 (6.92)  Time: 0.3s", "Loss", 6.93, -1},
    {"epoch=5 step=1200 loss=tensor(0.1234, device='cuda:0')", "loss", 0.1234, 5},
    {"step 250: train loss 2.4, val loss 2.5", "val loss", 2.5, 250},
    {"iter 90: loss 2.7, time 50.2ms, mfu 3.1%", "loss", 2.7, 90},
    /* Hugging Face, with numbers as text in late versions; numpy 2 */
    {"{'eval_loss': 0.42, 'eval_runtime': 1.2, 'epoch': 2.0}", "eval_loss", 0.42, 2},
    {"{'loss': 0.9, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.53}", "loss", 0.9, -1},
    {"{'eval_accuracy': '0.91', 'epoch': '3'}", "eval_accuracy", 0.91, 3},
    {"{'auc': np.float64(0.75)}", "auc", 0.75, -1},
    /* mmengine, detectron2, ultralytics-like tables, stable-baselines, lightning, fastai-like */
    {"10/02 12:00:00 - mmengine - INFO - Epoch(train)  [2][ 50/313]  lr: 1e-2  loss: 1.25", "loss",
     1.25, 2},
    {"[11/23 10:00:00 d2.utils.events]:  eta: 0:10:00  iter: 19  total_loss: 1.7", "total_loss",
     1.7, 19},
    {"|    ep_rew_mean      | 21.3     |", "ep_rew_mean", 21.3, -1},
    {"│         test_loss         │    0.0312    │", "test_loss", 0.0312, -1},
    {"Epoch 9: 100%|██████████| 10/10 [00:01<00:00, 9.1it/s, v_num=3, train_loss=0.05]",
     "train_loss", 0.05, 9},
    {"global_step=4000, episodic_return=21.0", "episodic_return", 21, 4000},
    /* jax, haiku, C programs, shell */
    {"I1123 10:00:00.123456 140 train.py:55] step = 100, loss = -1.5", "loss", -1.5, 100},
    {"ITERATION 12 Rosenbrock=+4.25E-3", "Rosenbrock", 0.00425, 12},
    {"accuracy: 93.5%", "accuracy", 93.5, -1},
    {"loss=inf", "loss", INFINITY, -1},
    {"loss: -Infinity", "loss", -INFINITY, -1},
    {"loss\t.5", "loss", 0.5, -1},
    {"score : 5.", "score", 5, -1},
    {"\x1b[1;32mval_loss\x1b[0m=\x1b[33m0.25\x1b[0m", "val_loss", 0.25, -1},
    {"loss=0.9 loss=0.8", "loss", 0.8, -1},
};

static const struct row refused[] = {
    {"best_loss=0.1", "loss", 0, -1},
    {"val/loss = 0.3", "loss", 0, -1},
    {"eval-loss: 0.3", "loss", 0, -1},
    {"train.loss: 0.3", "loss", 0, -1},
    {"loss_best=0.1", "loss", 0, -1},
    {"losses: 0.1", "loss", 0, -1},
    {"loss", "loss", 0, -1},
    {"loss=", "loss", 0, -1},
    {"loss: none", "loss", 0, -1},
    {"the loss is 3 times lower", "loss", 0, -1},
    {"loss=0.3s", "loss", 0, -1},
    {"loss=1.2.3", "loss", 0, -1},
    {"loss: 0,31", "loss", 0, -1},
    {"acc 45/100", "acc", 0, -1},
    {"time: 12:30", "time", 0, -1},
    {"'loss' 0.3", "loss", 0, -1},
    {"python train.py --loss=0.3", "loss", 0, -1},
    {"Loss=0.3", "loss", 0, -1},
    {"loss=nano", "loss", 0, -1},
    {"num_epochs: 10 n_steps 5 epochs=3 max_iter=9", "loss", 0, -1},
    {"steps/s: 12, epoch time 3.5, iterator 4, [3.5] [x]", "loss", 0, -1},
};

static void each_line_is_read_as_it_is_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char clean[512];
        double value = 0;
        int64_t step = -1;
        scan_clean(clean, sizeof clean, rows[i].line);
        const bool found = scan_value(clean, rows[i].metric, &value);
        if (!scan_step(clean, &step)) {
            step = -1;
        }
        const bool same = value == rows[i].value || (isnan(value) && isnan(rows[i].value));
        if ((strcmp(rows[i].metric, "none") != 0 && (!found || !same)) || step != rows[i].step) {
            fail_msg("%s: %s=%g step %ld", rows[i].line, rows[i].metric, value, (long)step);
        }
    }
}

static void what_is_no_value_is_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        double value = 0;
        int64_t step = -1;
        if (scan_value(refused[i].line, refused[i].metric, &value) ||
            scan_step(refused[i].line, &step)) {
            fail_msg("%s: read %s=%g step %ld", refused[i].line, refused[i].metric, value,
                     (long)step);
        }
    }
}

/* --- transcripts --- */

struct transcript {
    struct wire_assign *assign;
    struct parser *parser;
    char said[4096]; /* the facts in words */
};

static void write_found(char *said, size_t bytes, const struct parse_found *found)
{
    const size_t used = strlen(said);

    switch (found->kind) {
    case PARSE_METRIC:
        (void)snprintf(said + used, bytes - used, "%s%s@%ld=%g ", found->final ? "final " : "",
                       found->name, (long)found->step, found->value);
        break;
    case PARSE_CHECKPOINT:
        (void)snprintf(said + used, bytes - used, "checkpoint@%ld ", (long)found->step);
        break;
    case PARSE_INFEASIBLE:
        (void)snprintf(said + used, bytes - used, "infeasible(%s) ", found->text);
        break;
    case PARSE_FINAL:
        (void)snprintf(said + used, bytes - used, "final ");
        break;
    case PARSE_RULE:
        (void)snprintf(said + used, bytes - used, "rule%zu ", found->rule);
        break;
    case PARSE_MALFORMED:
        (void)snprintf(said + used, bytes - used, "malformed(%s) ", found->text);
        break;
    }
}

static void say(struct transcript *transcript, const struct parse_found *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_found(transcript->said, sizeof transcript->said, &found[i]);
    }
}

/* Feeds `text` in pieces of `piece` bytes: where a read ends must not matter. */
static const char *read_all(struct transcript *transcript, const char *text, bool report,
                            size_t piece)
{
    static struct parse_found found[PARSE_FOUND_MAX];
    struct lines *lines = malloc(sizeof *lines);
    struct line line;
    struct error error;

    assert_int_equal(parse_open(transcript->parser, transcript->assign, &error), TIDE_OK);
    transcript->said[0] = '\0';
    lines_init(lines);
    for (size_t at = 0; at < strlen(text); at += piece) {
        const char *data = text + at;
        size_t bytes = strlen(data) < piece ? strlen(data) : piece;
        while (lines_next(lines, &data, &bytes, &line)) {
            say(transcript, found,
                report ? parse_report(transcript->parser, &line, found)
                       : parse_output(transcript->parser, &line, found));
        }
    }
    if (lines_last(lines, &line)) {
        say(transcript, found,
            report ? parse_report(transcript->parser, &line, found)
                   : parse_output(transcript->parser, &line, found));
    }
    say(transcript, found, parse_finish(transcript->parser, found));
    parse_close(transcript->parser);
    free(lines);
    return transcript->said;
}

static void transcript_check(const struct wire_assign *assign, const char *text, bool report,
                             const char *want)
{
    struct transcript transcript = {.parser = malloc(sizeof(struct parser)),
                                    .assign = malloc(sizeof *assign)};

    *transcript.assign = *assign;
    for (size_t piece = 1; piece <= 64; piece = piece * 2 + 1) {
        assert_string_equal(read_all(&transcript, text, report, piece), want);
    }
    free(transcript.parser);
    free(transcript.assign);
}

static struct wire_assign one_metric(const char *name)
{
    struct wire_assign assign = {.objective_count = 1, .step_pattern = ""};

    assign.objectives[0] = (struct wire_objective){.metric = name, .required = true};
    return assign;
}

static void a_step_is_printed_carried_or_counted(void **state)
{
    const struct wire_assign assign = one_metric("val_loss");

    (void)state;
    transcript_check(&assign, "val_loss=3\nval_loss=2\nother=9\nval_loss=1.5\n", false,
                     "val_loss@1=3 val_loss@2=2 val_loss@3=1.5 ");
    transcript_check(&assign,
                     "Epoch 1/3\n10/10 - loss: 9 - val_loss: 0.5\nEpoch 2/3\nval_loss: 0.4", false,
                     "val_loss@1=0.5 val_loss@2=0.4 ");
    transcript_check(&assign, "epoch 5 val_loss=1\r\nepoch 7 val_loss=0.5\r\n", false,
                     "val_loss@5=1 val_loss@7=0.5 ");
}

/* A bar repaints its line: only what stands there in the end is a point of the curve. */
static void a_progress_bar_is_one_point_a_step(void **state)
{
    const struct wire_assign assign = one_metric("loss");

    (void)state;
    transcript_check(&assign,
                     "\rEpoch 1: 10% loss=0.9\rEpoch 1: 50% loss=0.8\rEpoch 1: 100% loss=0.7\n"
                     "\rEpoch 2: 10% loss=0.6\rEpoch 2: 100% loss=0.5\rEpoch 3: 10% loss=0.4\r",
                     false, "loss@1=0.7 loss@2=0.5 loss@3=0.4 ");
    transcript_check(&assign, "10% loss=0.9\r50% loss=0.8\r100% loss=0.7\n10% loss=0.6\r", false,
                     "loss@1=0.7 loss@2=0.6 ");
}

static void the_users_patterns_come_first(void **state)
{
    struct wire_assign assign = one_metric("val_acc");

    (void)state;
    assign.patterns[0] = (struct wire_pair){"val_acc", "top1 +([0-9.]+)"};
    assign.patterns[1] = (struct wire_pair){"params_m", "params: ([0-9.]+)M"};
    assign.pattern_count = 2;
    assign.step_pattern = "Round ([0-9]+)";
    transcript_check(&assign, "params: 12.5M\nRound 3 epoch 9 top1  91.5 top5 99\nval_acc=0\n",
                     false, "params_m@1=12.5 val_acc@3=91.5 ");
}

static void rules_match_lines_and_the_first_counts(void **state)
{
    struct wire_assign assign = one_metric("loss");

    (void)state;
    assign.rules[0] = (struct wire_rule){"CUDA out of memory", THEN_INFEASIBLE};
    assign.rules[1] = (struct wire_rule){"[Ee]rror", THEN_RESTART};
    assign.rule_count = 2;
    transcript_check(&assign, "RuntimeError: CUDA out of memory\nerror loss=2\n", false,
                     "rule0 rule1 loss@1=2 ");
}

static void the_report_file_says_it_in_json(void **state)
{
    const struct wire_assign assign = one_metric("loss");

    (void)state;
    transcript_check(
        &assign,
        "{\"step\":3,\"metrics\":{\"loss\":0.31,\"acc\":1}}\n{\"checkpoint\":3}\n"
        "{\"metrics\":{\"loss\":NaN},\"checkpoint\":4}\n{\"metrics\":{\"loss\":\"inf\"}}\n"
        "{\"infeasible\":\"oom\"}\n{\"final\":true,\"metrics\":{\"loss\":-Infinity}}\n",
        true,
        "loss@3=0.31 acc@3=1 checkpoint@3 loss@4=nan checkpoint@4 loss@5=inf "
        "infeasible(oom) final loss@-1=-inf final ");
    transcript_check(&assign,
                     "nonsense\n[1]\n{\"step\":-1,\"metrics\":{}}\n{\"metrics\":3}\n{}\n"
                     "{\"checkpoint\":1.5}\n{\"metrics\":{\"loss\":\"NaN is text\"}}\n",
                     true,
                     "malformed(no JSON: '[' or '{' expected near 'nonsense') "
                     "malformed(not a JSON object) malformed(step is not a whole number from 0) "
                     "malformed(metrics is not an object) "
                     "malformed(none of metrics, checkpoint, infeasible, final) "
                     "malformed(checkpoint is not a whole number from 0) "
                     "malformed(metric 'loss' is not a number) ");
}

/* "@tidemill " on stdout is level 1; from the first such metric on, printed ones are not read. */
static void level_one_ends_level_zero(void **state)
{
    const struct wire_assign assign = one_metric("loss");

    (void)state;
    transcript_check(&assign,
                     "loss=9\n@tidemill {\"step\":1,\"metrics\":{\"loss\":0.5}}\nloss=8\n"
                     "@tidemill {\"final\":true}\n",
                     false, "loss@1=9 loss@1=0.5 final ");
}

static void a_bad_pattern_is_an_error_that_names_it(void **state)
{
    struct wire_assign assign = one_metric("loss");
    struct parser *parser = malloc(sizeof *parser);
    struct error error;

    (void)state;
    assign.patterns[0] = (struct wire_pair){"loss", "loss ([0-9"};
    assign.pattern_count = 1;
    assert_int_equal(parse_open(parser, &assign, &error), TIDE_INVALID);
    assert_non_null(strstr(error.text, "loss ([0-9"));
    parse_close(parser);
    free(parser);
}

static void a_line_without_end_is_cut_and_the_next_is_read(void **state)
{
    const struct wire_assign assign = one_metric("loss");
    const size_t length = 3 * LINES_BYTES;
    char *text = malloc(length + 64);

    (void)state;
    memset(text, 'x', length);
    memcpy(text, "loss=7 ", 7);
    (void)snprintf(text + length, 64, " loss=6\nloss=5\n");
    transcript_check(&assign, text, false, "loss@1=7 loss@2=5 ");
    free(text);
}

/* --- the tally --- */

static double tallied(bool best, bool maximize, const double *values, size_t count)
{
    struct wire_assign assign = one_metric("loss");
    struct wire_result result = {0};
    struct tally tally;

    assign.objectives[0].best = best;
    assign.objectives[0].maximize = maximize;
    tally_init(&tally, &assign);
    assert_false(tally_complete(&tally));
    for (size_t i = 0; i < count; i++) {
        tally_add(&tally, "other", 1e9, false);
        tally_add(&tally, "loss", values[i], false);
    }
    assert_true(tally_complete(&tally));
    tally_result(&tally, &result);
    return tally_finite(&tally) ? result.values[0].value : (double)NAN;
}

static void values_are_reduced_to_the_last_or_the_best(void **state)
{
    static const double values[] = {3.25, (double)NAN, 1.5, 2.75};
    static const double diverged[] = {3.25, (double)NAN};

    (void)state;
    assert_close(tallied(false, false, values, 4), 2.75, 0, 0);
    assert_close(tallied(true, false, values, 4), 1.5, 0, 0);
    assert_close(tallied(true, true, values, 4), 3.25, 0, 0);
    assert_close(tallied(true, false, diverged, 2), 3.25, 0, 0);
    assert_true(isnan(tallied(false, false, diverged, 2)));
}

static void the_final_value_stands(void **state)
{
    struct wire_assign assign = one_metric("loss");
    struct wire_result result = {0};
    struct tally tally;

    (void)state;
    tally_init(&tally, &assign);
    tally_add(&tally, "loss", 0.5, false);
    tally_add(&tally, "loss", 0.75, true);
    tally_add(&tally, "loss", 0.25, false);
    tally_result(&tally, &result);
    assert_int_equal(result.value_count, 1);
    assert_close(result.values[0].value, 0.75, 0, 0);
    tally_forget(&tally);
    assert_false(tally_complete(&tally));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_read_as_it_is_meant),
        cmocka_unit_test(what_is_no_value_is_not_read),
        cmocka_unit_test(a_step_is_printed_carried_or_counted),
        cmocka_unit_test(a_progress_bar_is_one_point_a_step),
        cmocka_unit_test(the_users_patterns_come_first),
        cmocka_unit_test(rules_match_lines_and_the_first_counts),
        cmocka_unit_test(the_report_file_says_it_in_json),
        cmocka_unit_test(level_one_ends_level_zero),
        cmocka_unit_test(a_bad_pattern_is_an_error_that_names_it),
        cmocka_unit_test(a_line_without_end_is_cut_and_the_next_is_read),
        cmocka_unit_test(values_are_reduced_to_the_last_or_the_best),
        cmocka_unit_test(the_final_value_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
