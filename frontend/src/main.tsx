import { render } from 'preact';
import './styles.css';
import { Dashboard, followLocale } from './dashboard';
import { createApi } from './net/api';
import { canUseWorker, chooseMode } from './player/player';
import { Store } from './store';
import { App } from './views/app';

const dashboard = new Dashboard(new Store(), createApi(), chooseMode(location.search, canUseWorker()));
followLocale();
render(<App dashboard={dashboard} />, document.getElementById('app') as HTMLElement);
dashboard.start();
