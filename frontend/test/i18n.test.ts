import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fill, type Key, languages, pickLocale } from '../src/i18n/i18n';

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const { en, 'zh-TW': zh } = languages;

describe('dictionaries', () => {
  it('have the same keys', () => expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort()));

  it('have the same placeholders, and words, for each key', () => {
    for (const key of Object.keys(en) as Key[]) {
      expect(placeholders(zh[key]), key).toEqual(placeholders(en[key]));
      expect(en[key].trim(), key).not.toBe('');
      expect(zh[key].trim(), key).not.toBe('');
    }
  });

  it('use the characters and words of Taiwan', () => {
    const foreign =
      /[们这为对时来发现开关显帧图输设备错误连]|視頻|幀|服務器|數據|默認|鏈接|屏幕|軟件|信息|攝像/u;
    expect(Object.values(zh).filter((text) => foreign.test(text))).toEqual([]);
  });

  it('have no word that no view says', () => {
    const src = join(import.meta.dirname, '../src');
    const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((f) => /\.tsx?$/.test(f) && !/i18n[\\/](en|zh-TW)\.ts$/.test(f))
      .map((f) => readFileSync(join(src, f), 'utf8'))
      .join('\n');
    // Families such as stage_wait are looked up by a name that comes from the server.
    const unused = Object.keys(en).filter((k) => !k.includes('_') && !new RegExp(`['.]${k}\\b`).test(code));
    expect(unused).toEqual([]);
  });
});

describe('fill', () => {
  it.each([
    ['{a} of {b}', { a: 1, b: 'two' }, '1 of two'],
    ['{a}{a}', { a: 'x' }, 'xx'],
    ['{a}', {}, '{a}'],
    ['no holes', { a: 1 }, 'no holes'],
    ['{a}', { a: '{b}', b: 'not this' }, '{b}'],
    ['{a}', { a: '$&' }, '$&'],
  ])('%j with %j', (message, values, want) => expect(fill(message, values)).toBe(want));
});

describe('pickLocale', () => {
  it.each([
    [null, ['zh-TW', 'en'], 'zh-TW'],
    [null, ['zh-Hant-HK'], 'zh-TW'],
    [null, ['zh'], 'zh-TW'],
    [null, ['en-GB'], 'en'],
    [null, ['fr', 'zh-CN'], 'zh-TW'],
    [null, ['fr'], 'en'],
    [null, [], 'en'],
    ['en', ['zh-TW'], 'en'],
    ['zh-TW', ['en'], 'zh-TW'],
    ['nonsense', ['zh-TW'], 'zh-TW'],
  ])('saved %j, wanted %j', (saved, wanted, want) => expect(pickLocale(saved, wanted)).toBe(want));
});
