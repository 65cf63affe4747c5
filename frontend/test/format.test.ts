import { describe, expect, it } from 'vitest';
import {
  clock,
  count,
  mebibytes,
  millis,
  percent,
  plain,
  portion,
  rate,
  seconds,
  uptime,
} from '../src/model/format';

describe('numbers', () => {
  it.each([
    [count('en', 1234567), '1,234,567'],
    [count('zh-TW', 1234567), '1,234,567'],
    [count('en', 0), '0'],
    [count('en', null), '–'],
    [plain(1234567), '1234567'],
    [plain(null), '–'],
    [rate('en', 29.97), '30.0'],
    [rate('en', 0), '0.0'],
    [rate('en', null), '–'],
    [millis('en', 0.04), '0.0'],
    [millis('en', 9.94), '9.9'],
    [millis('en', 9.96), '10'],
    [millis('en', 1234.5), '1235'],
    [millis('zh-TW', 116.87), '117'],
    [millis('en', null), '–'],
    [percent('en', 0.914), '91%'],
    [percent('zh-TW', 1), '100%'],
    [portion('en', 0.667), '67%'],
    [portion('en', 0.0996), '10%'],
    [portion('en', 0.099), '9.9%'],
    [portion('en', 0.002), '0.2%'],
    [portion('en', 0), '0%'],
    [portion('en', null), '–'],
    [mebibytes('en', 52428800), '50 MiB'],
    [mebibytes('en', 1536 * 1024), '1.5 MiB'],
  ])('%s', (got, want) => expect(got).toBe(want));
});

describe('times', () => {
  it.each([
    [seconds('en', 2100, 'up'), '3'],
    [seconds('en', 2100, 'down'), '2'],
    [seconds('en', -5, 'up'), '0'],
    [seconds('en', 0, 'down'), '0'],
    [uptime(0), '0:00:00'],
    [uptime(59.9), '0:00:59'],
    [uptime(3725), '1:02:05'],
    [uptime(100 * 3600), '100:00:00'],
    [clock('en', new Date(2025, 0, 1, 0, 5, 9)), '00:05:09'],
    [clock('zh-TW', new Date(2025, 0, 1, 23, 5, 9)), '23:05:09'],
  ])('%s', (got, want) => expect(got).toBe(want));
});
